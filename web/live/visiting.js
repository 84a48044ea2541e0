/**
 * Going to a place in a room's history, and coming back to its newest messages.
 *
 * Rule of the file: a place that is held already is only aimed at; any other is visited in a stretch
 * of its own, beside what is held of the newest messages, which go on meanwhile. New messages never
 * move a visit. One that was read on to the newest becomes a part of them.
 *
 * @import {ErrorBody, Message} from "../types"
 * @import {Visit} from "../store/visit.js"
 */

import { batch, effect, signal, untracked } from "@preact/signals";

import { errorOf, get } from "../api.js";
import { sentenceOf } from "../errors.js";
import { t } from "../i18n/index.js";
import {
  arrived,
  changed,
  cut,
  firstOf,
  joins,
  lastOf,
  withNewer,
  withOlder,
} from "../store/visit.js";
import { openId, timelines } from "./state.js";
import { open } from "./route.js";
import { openThread } from "./thread.js";
import { joinOlder } from "./timelines.js";
import { notify } from "../ui/notice.js";

const PAGE = 80;

/** The stretch that is shown instead of the newest messages; null: none. */
export const visit = signal(/** @type {Visit | null} */ (null));

/** Where the reader wants to be; n: a number of its own, seq null: at the newest. */
export const aim = signal({ n: 0, roomId: "", seq: /** @type {number | null} */ (null) });

/** What is being loaded of the visit, or why it did not come. */
export const going = signal(/** @type {"older" | "newer" | "place" | ErrorBody | null} */ (null));

/** The message is before the reader; an answer in a thread with the thread open. @param {Message} message */
export async function goTo(message) {
  if (message.thread_id === undefined) return goToSeq(message.room_id, message.seq);
  await whileGoing("place", async () => {
    const { message: root } = await get(`/api/v1/messages/${message.thread_id}`);
    await goToSeq(message.room_id, root.seq);
    openThread(message);
  });
  sayFailure();
}

/** @param {string} roomId @param {number} seq */
export async function goToSeq(roomId, seq) {
  const held = timelines.value.get(roomId);
  const isHeld = held !== undefined && (held.messages[0]?.seq ?? Infinity) <= seq;
  if (isHeld && seq <= held.upTo) return showAt(roomId, null, seq);
  await goWhere(roomId, `around=${seq}`);
  sayFailure();
}

/** The first message at that time or later is before the reader. @param {string} roomId @param {number} atMs */
export function goToTime(roomId, atMs) {
  return goWhere(roomId, `at_ms=${atMs}`);
}

/** The newest messages are before the reader again. */
export function comeHome() {
  showAt(aim.value.roomId, null, null);
}

export function loadOlderOfVisit() {
  const held = visit.value;
  if (!held?.hasOlder) return undefined;
  return extend("older", `before=${firstOf(held)}`, withOlder);
}

export function loadNewerOfVisit() {
  const held = visit.value;
  if (!held?.hasNewer) return undefined;
  return extend("newer", `after=${lastOf(held)}`, withNewer);
}

/** What could not be loaded of the visit is asked for again. */
export function goOn() {
  going.value = null;
  return loadOlderOfVisit() ?? loadNewerOfVisit();
}

/** What is visited shows the message as it is now. @param {Message} message */
export function messageChanged(message) {
  if (visit.value) visit.value = changed(visit.value, message);
}

/** @param {string} roomId @param {string} where */
async function goWhere(roomId, where) {
  await whileGoing("place", async () => {
    const page = await get(`/api/v1/rooms/${roomId}/messages?${where}&limit=${PAGE}`);
    showAt(roomId, arrived(roomId, page), page.target_seq);
  });
}

/** @param {string} roomId @param {Visit | null} stretch @param {number | null} seq */
function showAt(roomId, stretch, seq) {
  batch(() => {
    open(roomId);
    visit.value = stretch;
    aim.value = { n: aim.value.n + 1, roomId, seq };
    going.value = null;
    joinIfMet();
  });
}

/** @param {"older" | "newer"} what @param {string} where @param {(visit: Visit, page: any) => Visit} step */
async function extend(what, where, step) {
  const held = visit.value;
  if (held === null || going.value !== null) return;
  await whileGoing(what, async () => {
    const page = await get(`/api/v1/rooms/${held.roomId}/messages?${where}&limit=${PAGE}`);
    if (visit.value?.roomId !== held.roomId) return;
    visit.value = step(visit.value, page);
    joinIfMet();
  });
}

/** The stretch that meets the newest messages is one with them, and nothing moves on the page. */
function joinIfMet() {
  const stretch = visit.value;
  const held = stretch && timelines.value.get(stretch.roomId);
  if (!stretch || !held || held.upTo === 0 || !joins(stretch, held)) return;
  batch(() => {
    joinOlder(stretch.roomId, stretch.messages, stretch.hasOlder, stretch.rev);
    visit.value = null;
  });
}

/** Whoever followed a link may have no pane open that shows why nothing came. */
function sayFailure() {
  const error = going.value;
  if (typeof error !== "object" || error === null) return;
  const isGone = error.code === "not_found";
  notify(isGone ? t("This message is not there any more.") : sentenceOf(error));
}

/** @param {"older" | "newer" | "place"} what @param {() => Promise<void>} load */
async function whileGoing(what, load) {
  going.value = what;
  try {
    await load();
    if (going.value === what) going.value = null;
  } catch (thrown) {
    going.value = errorOf(thrown);
  }
}

/** Links to messages are followed; whoever leaves the room, or reads on to the newest, visits no more. */
export function begin() {
  followLink();
  addEventListener("hashchange", followLink);
  effect(() => {
    if (visit.value && visit.value.roomId !== openId.value) visit.value = null;
    const held = visit.value && timelines.value.get(visit.value.roomId);
    if (!visit.value || !held) return;
    const kept = cut(visit.value, held.firstSeq);
    visit.value = kept.messages.length > 0 ? kept : null;
    untracked(joinIfMet);
  });
}

/** The address names a message of the open room: `/rooms/<id>#<seq>`. */
function followLink() {
  const seq = Number(/^#(\d{1,15})$/.exec(location.hash)?.[1] ?? 0);
  if (seq > 0 && openId.value !== null) goToSeq(openId.value, seq);
}
