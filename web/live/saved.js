/**
 * What the reader saved for later: told by the server on all his devices, seen by nobody else.
 *
 * Rule of the file: the newest ones are held from the start, older ones from when the list was
 * paged back to them. An answer that was asked for before a change came is asked for again.
 *
 * @import {Message, SavedMessage} from "../types"
 */

import { computed, signal } from "@preact/signals";

import { get } from "../api.js";
import { ask } from "../socket.js";

const PAGE = 50;

/** Newest first; null until it came. */
export const saved = signal(/** @type {readonly SavedMessage[] | null} */ (null));

/** There are older ones than those held. */
export const hasMoreSaved = signal(false);

const savedIds = computed(() => new Set(saved.value?.map(({ message }) => message.id)));

/** Counts what the server told. */
let told = 0;

/** @param {Message} message */
export function isSaved(message) {
  return savedIds.value.has(message.id);
}

/** The message is saved, or no more. Rejects with Refusal. @param {Message} message */
export async function toggleSaved(message) {
  const on = !isSaved(message);
  await ask("message:save", { message_id: message.id, on });
  told += 1;
  if (on) insert({ message, saved_at_ms: Date.now() });
  else drop(message.id);
}

/** On this device or another. @param {{message_id: string, on: boolean}} event */
export async function savedChanged({ message_id: id, on }) {
  told += 1;
  if (!on) return drop(id);
  if (saved.value === null || savedIds.value.has(id)) return undefined;
  return loadSaved();
}

/** What is saved is known, when the server can be asked. */
export function refresh() {
  loadSaved().catch(() => {}); // the next time that the line comes up, or the list is opened
}

/** The newest ones are as the server has them. Rejects with Refusal. */
export async function loadSaved() {
  const before = told;
  const answer = await get(`/api/v1/saved?limit=${PAGE}`);
  if (before !== told) return void (await loadSaved());
  saved.value = answer.saved;
  hasMoreSaved.value = answer.has_more;
}

/** Older ones are held too. Rejects with Refusal. */
export async function loadOlderSaved() {
  const last = saved.value?.at(-1);
  if (last === undefined) return;
  const answer = await get(`/api/v1/saved?limit=${PAGE}&before=${last.saved_at_ms}`);
  saved.value = [...(saved.value ?? []), ...answer.saved];
  hasMoreSaved.value = answer.has_more;
}

/** @param {SavedMessage} one */
function insert(one) {
  if (saved.value !== null && !savedIds.value.has(one.message.id))
    saved.value = [one, ...saved.value];
}

/** @param {string} id */
function drop(id) {
  saved.value = saved.value?.filter(({ message }) => message.id !== id) ?? null;
}
