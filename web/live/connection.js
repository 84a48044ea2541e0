/**
 * The table: what the server tells, and who listens. Walks 1, 4 and 5 of docs/WALKS.md end here.
 *
 * @import {Listeners, Message, Ready} from "../types"
 */

import { batch, effect, untracked } from "@preact/signals";

import { connect, isLive, line } from "../socket.js";
import * as drafts from "./drafts.js";
import * as people from "./people.js";
import * as reading from "./reading.js";
import * as receipts from "./receipts.js";
import * as rooms from "./rooms.js";
import * as saved from "./saved.js";
import * as sending from "./sending.js";
import * as status from "./status.js";
import * as timelines from "./timelines.js";
import * as typing from "./typing.js";
import * as visiting from "./visiting.js";

/** A loss shorter than this is not shown: a worker that is replaced leaves no mark. */
export const QUIET_MS = 2000;

/** @type {Listeners} */
const listeners = {
  "session:ready": linked,
  "message:new": messageArrived,
  "message:changed": (message) => {
    visiting.messageChanged(message);
    timelines.messageArrived(message);
  },
  "presence:diff": people.presenceChanged,
  "presence:own": status.ownClaimTold,
  "presence:unknown": people.presenceUnknown,
  "presence:resync": people.presenceBegunAnew,
  "room:heads": (heads) => {
    timelines.headsTold(heads.heads, heads.revs);
    people.revTold(heads);
  },
  "room:joined": rooms.roomChanged,
  "room:changed": (event) => {
    rooms.factsChanged(event);
    timelines.roomRevHeard(event);
  },
  "rooms:placed": rooms.placed,
  "member:changed": (event) => {
    rooms.memberChanged(event);
    timelines.roomRevHeard(event);
  },
  "mute:ended": rooms.muteEnded,
  "room:left": rooms.roomLeft,
  "room:read": reading.roomRead,
  "draft:changed": drafts.draftChanged,
  "receipt:read": receipts.receiptTold,
  "saved:changed": saved.savedChanged,
  "typing:now": typing.typingTold,
  "member:joined": (event) => {
    people.memberJoined(event);
    timelines.roomRevHeard(event);
  },
  "member:left": (event) => {
    people.memberLeft(event);
    timelines.roomRevHeard(event);
  },
};

/** The page follows the server. */
export function begin() {
  effect(followLine);
  connect(listeners);
}

let isFirst = true;

/**
 * The order of walk 5: gaps and roster are asked for, then what waits is sent.
 *
 * @param {Ready} ready
 */
function linked(ready) {
  queueMicrotask(() => {
    if (!isLive()) return; // it was another user's line
    timelines.linked(ready);
    people.linked(ready);
    status.linked(ready);
    sending.flush();
    reading.linked();
    rooms.linked(ready, { isFirst });
    if (!isFirst) saved.refresh();
    if (!isFirst) receipts.linked();
    drafts.linked({ isFirst });
    isFirst = false;
  });
}

/** @param {Message} message */
function messageArrived(message) {
  batch(() => {
    reading.arrived(message);
    typing.messageArrived(message);
    timelines.messageArrived(message);
  });
}

function followLine() {
  const { state, down_since_ms: downSinceMs } = line.value;
  if (downSinceMs !== null || state === "ended") untracked(sending.unlinked);
  if (state === "ended") return untracked(people.unlinked);
  if (downSinceMs === null) return undefined;
  const timer = setTimeout(people.unlinked, downSinceMs + QUIET_MS - Date.now());
  return () => clearTimeout(timer);
}
