/**
 * The export of a room, as it comes: counted while it is received, and saved as a file.
 *
 * Rule of the file: a file that was cut off is a refusal, and nothing of it is saved.
 */

import { errorOf, Refusal } from "../api.js";
import { marksIn } from "../store/marks.js";

/** @typedef {"jsonl" | "html"} Format */
/** @typedef {{file: Blob, name: string}} Exported */

/** What each message begins with in the file; no text of a message can hold it. */
const MARKS = { jsonl: '{"type":"message"', html: "<article id=" };

/**
 * The whole file. Rejects with Refusal.
 *
 * @param {{id: string, name: string}} room
 * @param {Format} format
 * @param {(done: number, of: number) => void} progress messages
 * @param {AbortSignal} signal ends it
 * @returns {Promise<Exported>}
 */
export async function exportRoom(room, format, progress, signal) {
  const response = await fetch(`/api/v1/rooms/${room.id}/export?format=${format}`, {
    credentials: "same-origin",
    signal,
  }).catch((thrown) => {
    throw new Refusal(errorOf(thrown));
  });
  if (!response.ok) {
    const answer = await response.json().catch(() => ({}));
    throw new Refusal(answer.error ?? errorOf(null));
  }
  const of = Number(response.headers.get("X-Rollcall-Messages") ?? 0);
  const parts = await received(response, MARKS[format], (done) => progress(done, of));
  const type = response.headers.get("Content-Type") ?? "";
  return { file: new Blob(parts, { type }), name: `${room.name}.${format}` };
}

/**
 * The bytes of the answer, in the order of their coming.
 *
 * @param {Response} response
 * @param {string} mark
 * @param {(marks: number) => void} progress
 */
async function received(response, mark, progress) {
  const reader = response.body?.getReader();
  const count = marksIn(mark);
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const parts = [];
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done || !value) return parts;
    parts.push(value);
    progress(count(value));
  }
}

/** The browser saves the file under its name. @param {Exported} exported */
export function save({ file, name }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
