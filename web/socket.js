/**
 * The line to the server: connect, ask, come back. One a page.
 *
 * Rule of the file: it owns when to connect and nothing of what is said; events go to the listeners
 * given to `connect` (live/connection.js holds the table). socket.io-client's own reconnection is
 * off: it does not come back after the server disconnected, and knows nothing of draining.
 * After `session:ended`, or a refusal for good, it never comes back by itself.
 *
 * @import {Line, Listeners, Ready} from "./types"
 */

import { signal } from "@preact/signals";
import { io } from "socket.io-client";

import { Refusal } from "./api.js";
import { waitBefore } from "./backoff.js";
import { boot } from "./boot.js";
import { onPresence, presence } from "./visibility.js";

const ANSWER_MS = 8000;
const CONNECT_MS = 8000;
/** A connection that was let in and then hears nothing is given up. */
const READY_MS = 10_000;
/** Refusals of CONNECT that trying again would not change. */
const FINAL = new Set(["not_signed_in", "banned", "wrong_origin"]);
/** A server that is being updated and has not come back after this long is simply lost. */
const UPDATE_MS = 30_000;

/** @type {import("@preact/signals").Signal<Line>} */
export const line = signal(lineNow("connecting"));

const socket = io({
  transports: ["websocket"],
  autoConnect: false,
  reconnection: false,
  timeout: CONNECT_MS,
  auth: (give) => {
    toldVisible = presence().visible;
    give({ visible: toldVisible });
  },
});

let toldVisible = true;
let wasVisible = presence().visible;

let attempt = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * The line is up as soon as the server can be reached, and stays so until the session ends.
 *
 * @param {Listeners} listeners
 */
export function connect(listeners) {
  for (const [name, listener] of Object.entries(listeners)) socket.on(name, listener);
  socket.on("connect", () => schedule(READY_MS)); // unless session:ready comes first
  socket.on("session:ready", cameUp);
  socket.on("session:ended", ({ code }) => end(code));
  socket.on("server:draining", ({ reconnect_in_ms }) => moveAfter(reconnect_in_ms));
  socket.on("disconnect", (reason) => reason !== "io client disconnect" && wentDown());
  socket.on("connect_error", refused);
  onPresence(tellPresence);
  addEventListener("online", tryNow);
  socket.connect();
}

/**
 * The event is heard by a part of the page that came later, too.
 *
 * @template {keyof Listeners} Name
 * @param {Name} name
 * @param {Listeners[Name]} listener
 */
export function listen(name, listener) {
  socket.on(name, /** @type {any} */ (listener));
}

/**
 * The server's answer to an event.
 *
 * @param {string} name
 * @param {object} payload
 * @returns {Promise<any>} the result; its shape is PROTOCOL.md's
 * Rejects with Refusal: the server's error, or `no_answer` when none came.
 */
export async function ask(name, payload) {
  if (!socket.connected) throw noAnswer();
  const answer = await socket
    .timeout(ANSWER_MS)
    .emitWithAck(name, payload)
    .catch(() => {
      throw noAnswer();
    });
  if (answer?.error) throw new Refusal(answer.error);
  return answer;
}

/** Whether events can be sent now. */
export function isLive() {
  return line.value.state === "live" && socket.connected;
}

/** The next attempt is made at once. */
export function tryNow() {
  if (socket.connected || line.value.state === "ended") return;
  clearTimeout(timer);
  change({ retry_at_ms: null });
  socket.disconnect(); // an attempt that hangs in a dead network is given up
  socket.connect();
}

/** The line is down for good, with the reason. @param {string} code */
export function end(code) {
  clearTimeout(timer);
  line.value = { ...lineNow("ended"), code };
  socket.disconnect();
}

/** Cookies belong to the browser: another tab may have signed in as somebody else. @param {Ready} ready */
function cameUp({ user }) {
  if (user.id !== boot.user.id) return end("other_user");
  attempt = 0;
  clearTimeout(timer);
  line.value = lineNow("live");
  const { visible, idle, room_id: roomId } = presence();
  if (idle || roomId !== null || visible !== toldVisible) tellPresence();
}

function wentDown() {
  const updating = line.value.state === "draining" && Date.now() - line.value.since_ms < UPDATE_MS;
  if (line.value.state === "ended") return;
  if (line.value.state === "live") line.value = lineNow("lost");
  else if (!updating) change({ state: "lost" });
  change({ down_since_ms: line.value.down_since_ms ?? Date.now() });
  schedule(waitBefore(attempt, Math.random()));
  attempt += 1;
}

/** @param {Error & {data?: {code?: string}}} error */
function refused(error) {
  const code = error.data?.code;
  if (code !== undefined && FINAL.has(code)) end(code);
  else wentDown();
}

/** The worker is about to go: another one is asked after its own delay. @param {number} waitMs */
function moveAfter(waitMs) {
  line.value = lineNow("draining");
  schedule(waitMs);
}

/** @param {number} waitMs */
function schedule(waitMs) {
  clearTimeout(timer);
  change({ retry_at_ms: Date.now() + waitMs });
  timer = setTimeout(reconnect, waitMs);
}

function reconnect() {
  if (socket.connected) socket.disconnect();
  change({ retry_at_ms: null, down_since_ms: line.value.down_since_ms ?? Date.now() });
  socket.connect();
}

function tellPresence() {
  const { visible } = presence();
  if (visible && !wasVisible) tryNow();
  wasVisible = visible;
  if (socket.connected) ask("presence:visible", presence()).catch(() => {});
}

/** @param {Partial<Line>} fields */
function change(fields) {
  line.value = { ...line.value, ...fields };
}

/** @param {Line["state"]} state @returns {Line} */
function lineNow(state) {
  return { state, since_ms: Date.now(), down_since_ms: null, retry_at_ms: null, code: null };
}

function noAnswer() {
  return new Refusal({ code: "no_answer", message: "No answer came in time.", temporary: true });
}
