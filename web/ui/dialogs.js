/**
 * Which dialog is open; one at a time.
 *
 * @import {Message, Room} from "../types"
 */

import { signal } from "@preact/signals";

/**
 * @typedef {{kind: "create"} | {kind: "browse"} | {kind: "add", room: Room} | {kind: "leave", room: Room} | {kind: "status"}
 *   | {kind: "direct"} | {kind: "sign_out"} | {kind: "saved"} | {kind: "settings", room: Room} | {kind: "invites", room: Room}
 *   | {kind: "bans", room: Room} | {kind: "log", room: Room} | {kind: "export", room: Room}
 *   | {kind: "person", room: Room, userId: string}
 *   | {kind: "switch"} | {kind: "shortcuts"} | {kind: "seen", message: Message}
 *   | {kind: "about", room: Room} | {kind: "threads", room: Room} | {kind: "erase", message: Message} | {kind: "versions", message: Message} | {kind: "pins", room: Room} | {kind: "date", room: Room}} Open
 */

export const dialog = signal(/** @type {Open | null} */ (null));

/** @param {Open} which */
export function show(which) {
  dialog.value = which;
}

export function closeDialog() {
  dialog.value = null;
}
