/**
 * Which dialog is open; one at a time.
 *
 * @import {Room} from "../types"
 */

import { signal } from "@preact/signals";

/**
 * @typedef {{kind: "create"} | {kind: "browse"} | {kind: "add", room: Room} | {kind: "leave", room: Room} | {kind: "status"}} Open
 */

export const dialog = signal(/** @type {Open | null} */ (null));

/** @param {Open} which */
export function show(which) {
  dialog.value = which;
}

export function closeDialog() {
  dialog.value = null;
}
