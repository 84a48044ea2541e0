/**
 * The rooms that the reader was in last, in this browser; the open one comes first.
 *
 * Loaded with the parts of the page that come after the first paint.
 */

import { effect, signal } from "@preact/signals";

import { keep, kept } from "./keep.js";
import { openRoom } from "./state.js";

const KEPT_MAX = 30;

/** Room ids, the newest first. */
export const recent = signal((kept("recent") ?? "").split(" ").filter(Boolean));

effect(() => {
  const id = openRoom.value?.id;
  if (id === undefined || recent.peek()[0] === id) return;
  recent.value = [id, ...recent.peek().filter((one) => one !== id)].slice(0, KEPT_MAX);
  keep("recent", recent.peek().join(" "));
});
