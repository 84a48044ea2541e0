/**
 * The way to a message: its room is open, and the line is in view with the focus on it.
 *
 * Rule of the file: the list of messages draws and loads more whenever its top is reached
 * (readingPlace.js), so the way back is to go to the top until the line is there.
 *
 * @import {Message} from "../types"
 */

import { t } from "../i18n/index.js";
import { open } from "../live/route.js";
import { loading, openId, timelines } from "../live/state.js";
import { openThread } from "../live/thread.js";
import { notify } from "./notice.js";

const STEP_MS = 50;
/** Further back than this takes it is not gone: the reader is told so. */
const LONGEST_MS = 15_000;
const MARKED_MS = 2500;

/** @param {Message} message */
export async function goTo(message) {
  open(message.room_id);
  if (message.thread_id !== undefined) openThread(message);
  const place = message.thread_id === undefined ? ".messages" : ".thread-scroll";
  const line = await found(`${place} [data-seq="${message.seq}"]`, message);
  if (line === null) return notify(t("The message could not be reached."));
  line.scrollIntoView({ block: "center" });
  mark(line);
}

/** @param {string} selector @param {Message} message @returns {Promise<HTMLElement | null>} */
async function found(selector, { room_id: roomId, thread_id: threadId }) {
  const endMs = Date.now() + LONGEST_MS;
  while (openId.value === roomId && Date.now() < endMs) {
    await new Promise((go) => setTimeout(go, STEP_MS));
    const line = document.querySelector(selector);
    if (line instanceof HTMLElement) return line;
    const isLoaded = timelines.value.has(roomId) && !loading.value.has(roomId);
    if (isLoaded && threadId === undefined) document.querySelector(".messages")?.scrollTo(0, 0);
  }
  return null;
}

/** @param {HTMLElement} line */
function mark(line) {
  line.tabIndex = -1;
  line.focus({ preventScroll: true });
  line.classList.add("is-found");
  setTimeout(() => line.classList.remove("is-found"), MARKED_MS);
}
