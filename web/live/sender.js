/**
 * How own messages leave: those of a room one at a time, in the order of writing, until the server
 * has each of them.
 *
 * Rule of the file: what is to be sent is read from what all tabs of this browser keep, just before
 * it is sent, so whichever tab is connected sends it, whoever wrote it. The next of a room leaves
 * only after the one before it was stored, refused for good or deleted; that alone keeps the order,
 * and the client id keeps each single. The turn only saves two tabs from sending the same.
 * No DOM and no signals: sender.test.js runs many tabs at once. Walk 4 of docs/WALKS.md.
 *
 * @import {ErrorBody} from "../types"
 * @import {Outbox, Unsent} from "../store/outbox.js"
 */

import { acked, failed, sending, waiting } from "../store/outbox.js";

/** Tries without an answer, while connected, before the writer is asked. */
export const TRIES_MAX = 5;
/** What a temporary refusal that names no time asks for. */
const TEMPORARY_S = 2;
/** Refusals after which the writer goes on by himself. */
const TOO_FAST = new Set(["rate_limited", "slow_mode"]);
/** Refusals that say something of the session and nothing of the message: it waits. */
const OF_SESSION = new Set(["not_signed_in", "csrf_failed"]);

/**
 * What is kept for all tabs, in the order of writing.
 *
 * @typedef {object} Keeper
 * @property {() => Promise<Unsent[]>} all
 * @property {(clientId: string, fields: Partial<Unsent>) => Promise<void>} change
 * @property {(clientId: string) => Promise<void>} remove
 */

/**
 * @typedef {object} Needs
 * @property {Keeper} keeper
 * @property {(payload: object) => Promise<{seq: number}>} post rejects with what errorOf knows
 * @property {(thrown: unknown) => ErrorBody} errorOf
 * @property {() => boolean} isLive
 * @property {(roomId: string, act: () => Promise<void>) => Promise<void>} turn act runs while no
 *   other tab has the turn of this room
 * @property {(step: (outbox: Outbox) => Outbox) => void} show
 * @property {(entry: Unsent, seq: number) => void} stored the server has it
 * @property {() => void} told other tabs look again
 * @property {(seconds: number, act: () => void) => void} after
 * @property {(entry: Unsent, error: ErrorBody) => boolean} givesBack too fast: the text is the
 *   writer's again
 */

/**
 * @param {Needs} needs
 * @returns {{flush: () => Promise<void>, drain: (roomId: string) => Promise<void>}} flush: all that
 *   waits leaves; drain: what waits in the room. Both may be called at any time, and again.
 */
export function makeSender(needs) {
  const { keeper, isLive, show } = needs;
  /** Rooms at work, and whether to look again. @type {Map<string, boolean>} */
  const busy = new Map();
  /** @type {Map<string, number>} */
  const tries = new Map();

  async function flush() {
    if (!isLive()) return;
    const waits = (await keeper.all()).filter((entry) => entry.state === "waiting");
    await Promise.all([...new Set(waits.map((entry) => entry.room_id))].map(drain));
  }

  /** @param {string} roomId */
  async function drain(roomId) {
    if (busy.has(roomId)) return void busy.set(roomId, true);
    do {
      busy.set(roomId, false);
      await needs.turn(roomId, () => empty(roomId)).catch(() => {}); // the page is on its way out
    } while (busy.get(roomId) && isLive());
    busy.delete(roomId);
  }

  /** @param {string} roomId */
  async function empty(roomId) {
    while (isLive()) {
      const entries = await keeper.all();
      const next = entries.find((one) => one.room_id === roomId && one.state === "waiting");
      if (next === undefined || !isLive() || !(await leaves(next))) return;
    }
  }

  /** Whether the next one may leave. @param {Unsent} entry */
  async function leaves(entry) {
    const { client_id, room_id, body, thread_id } = entry;
    show((outbox) => sending(outbox, client_id));
    try {
      const { seq } = await needs.post({ room_id, client_id, body, thread_id });
      show((outbox) => acked(outbox, client_id, seq));
      await keeper.remove(client_id);
      needs.stored(entry, seq);
    } catch (thrown) {
      return await refused(entry, needs.errorOf(thrown));
    }
    tries.delete(client_id);
    return true;
  }

  /** @param {Unsent} entry @param {ErrorBody} error */
  async function refused(entry, error) {
    const { client_id: clientId, room_id: roomId } = entry;
    if (error.code !== "no_answer" && error.temporary) {
      needs.after(error.retry_after_s ?? TEMPORARY_S, () => drain(roomId));
      if (TOO_FAST.has(error.code) && needs.givesBack(entry, error)) return false;
    } else if (isLive() && !OF_SESSION.has(error.code)) {
      const count = (tries.get(clientId) ?? 0) + 1;
      if (error.code !== "no_answer" || count >= TRIES_MAX) return await fails(entry, error);
      tries.set(clientId, count);
      needs.after(0, () => drain(roomId)); // in a turn of its own: another tab may be better off
    }
    show((outbox) => waiting(outbox, clientId));
    return false;
  }

  /** @param {Unsent} entry @param {ErrorBody} error */
  async function fails({ client_id: clientId }, error) {
    tries.delete(clientId);
    show((outbox) => failed(outbox, clientId, error));
    await keeper.change(clientId, { state: "failed", error });
    needs.told();
    return true;
  }

  return { flush, drain };
}
