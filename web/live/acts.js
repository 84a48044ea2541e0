/**
 * What the reader does to messages that stand; the server's `message:changed` shows the outcome.
 *
 * @import {Message} from "../types"
 */

import { signal } from "@preact/signals";

import { errorOf } from "../api.js";
import { boot } from "../boot.js";
import { sentenceOf } from "../errors.js";
import { ask } from "../socket.js";
import { notify } from "../ui/notice.js";
import { markUnread } from "./reading.js";
import { toggleSaved } from "./saved.js";
import { roster, timelines } from "./state.js";

/** The message whose text is being changed in place, by id. */
export const editing = signal(/** @type {string | null} */ (null));

/**
 * The message says body. Rejects with Refusal.
 *
 * @param {Message} message
 * @param {string} body
 */
export async function edit(message, body) {
  if (body.trimEnd() !== message.body)
    await ask("message:edit", {
      message_id: message.id,
      body: body.trimEnd(),
      body_rev: message.body_rev,
    });
  editing.value = null;
}

/** A stub stays. Rejects with Refusal. @param {Message} message */
export async function erase(message) {
  await ask("message:delete", { message_id: message.id });
}

/** The reader's reaction is there, or no more. @param {Message} message @param {string} emoji */
export function react(message, emoji) {
  const on = !hasReacted(message, emoji);
  return told(ask("message:react", { message_id: message.id, emoji, on }));
}

/** @param {Message} message */
export function pin(message) {
  const on = message.pinned_at_ms === undefined;
  return told(ask("message:pin", { message_id: message.id, on }));
}

/** The message is saved for later, or no more. @param {Message} message */
export function save(message) {
  return told(toggleSaved(message));
}

/** The message and all after it are unread. @param {Message} message */
export function leaveUnread(message) {
  return told(markUnread(message));
}

/** @param {Message} message @param {string} emoji */
export function hasReacted(message, emoji) {
  const given = message.reactions?.find((one) => one.emoji === emoji);
  return given?.user_ids.includes(boot.user.id) ?? false;
}

/** The names behind ids, as far as they are known here. @param {string[]} userIds @returns {string[]} */
export function namesOf(userIds) {
  return userIds.flatMap((id) => roster.value.people.get(id)?.display_name ?? []);
}

/** The reader's last message of the room is open for change. @param {string} roomId */
export function editLast(roomId) {
  const mine = (/** @type {Message} */ message) =>
    message.author_id === boot.user.id && !message.deleted && message.thread_id === undefined;
  const last = timelines.value.get(roomId)?.messages.findLast(mine);
  if (last) editing.value = last.id;
}

/** A refusal is said, and that is all. @param {Promise<unknown>} asked */
async function told(asked) {
  await asked.catch((thrown) => notify(sentenceOf(errorOf(thrown))));
}
