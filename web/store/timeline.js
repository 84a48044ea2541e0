/**
 * One room's messages, in order of seq and without holes.
 *
 * Rule of the file: pure. A timeline is never changed, a new one is returned (the same one when
 * nothing changed). What is held is one unbroken stretch [first seq .. upTo]; a message ahead of it
 * waits in `parked` until the hole before it is closed. Events may be lost, doubled and reordered:
 * after a resync the timeline equals a fresh load (timeline.test.js says so by property).
 * Not here: when to ask the server (live/timelines.js), own unsent messages (outbox.js).
 *
 * @import {Message} from "../types"
 */

/**
 * @typedef {object} Timeline
 * @property {string} roomId
 * @property {readonly Message[]} messages by seq, without holes
 * @property {number} upTo seq of the last one held; 0 before the room's first message
 * @property {number} head the highest seq known to exist, held or not
 * @property {ReadonlyMap<number, Message>} parked messages ahead of a hole
 * @property {boolean} hasMore older ones exist on the server
 */

/** @param {string} roomId @returns {Timeline} */
export function emptyTimeline(roomId) {
  return { roomId, messages: [], upTo: 0, head: 0, parked: new Map(), hasMore: false };
}

/**
 * The newest page stands in place of what was held; what was parked ahead of it is kept.
 *
 * @param {Timeline} timeline
 * @param {readonly Message[]} page in order of seq, without holes, ending at the room's head
 * @param {boolean} hasMore
 * @param {number} [upTo] the room's head when the page is empty
 * @returns {Timeline}
 */
export function loaded(timeline, page, hasMore, upTo = 0) {
  const last = page.at(-1)?.seq ?? upTo;
  return drained({
    ...timeline,
    messages: [...page],
    upTo: last,
    head: Math.max(timeline.head, last),
    parked: withoutHeld(timeline.parked, last),
    hasMore,
  });
}

/**
 * The message has its place: appended, parked ahead of a hole, or in place of its older text.
 *
 * @param {Timeline} timeline
 * @param {Message} message
 * @returns {Timeline}
 */
export function received(timeline, message) {
  if (message.seq <= timeline.upTo) return replaced(timeline, message);
  if (timeline.parked.get(message.seq) === message) return timeline;
  const parked = new Map(timeline.parked).set(
    message.seq,
    newer(timeline.parked.get(message.seq), message),
  );
  return drained({ ...timeline, parked, head: Math.max(timeline.head, message.seq) });
}

/**
 * The room is known to reach as far as head, though nothing of it may have arrived.
 *
 * @param {Timeline} timeline
 * @param {number} head
 * @returns {Timeline}
 */
export function headed(timeline, head) {
  return head > timeline.head ? { ...timeline, head } : timeline;
}

/**
 * The answer to "what came after upTo" is applied; a reset is a newest page after too long an absence.
 *
 * @param {Timeline} timeline
 * @param {{messages: readonly Message[], reset: boolean}} answer
 * @returns {Timeline}
 */
export function caughtUp(timeline, answer) {
  if (answer.reset) return restarted(timeline, answer.messages);
  return answer.messages.reduce(received, timeline);
}

/**
 * Older messages stand before the ones held. A page that does not join on is refused.
 *
 * @param {Timeline} timeline
 * @param {readonly Message[]} page in order of seq
 * @param {boolean} hasMore
 * @returns {Timeline}
 */
export function withOlder(timeline, page, hasMore) {
  const first = timeline.messages[0]?.seq ?? timeline.upTo + 1;
  const before = page.filter((message) => message.seq < first);
  const joins = before.length === 0 ? true : before.at(-1)?.seq === first - 1;
  if (!joins) return timeline;
  return { ...timeline, messages: [...before, ...timeline.messages], hasMore };
}

/**
 * Only the newest `keep` messages are held; the others can be loaded again.
 *
 * @param {Timeline} timeline
 * @param {number} keep
 * @returns {Timeline}
 */
export function trimmed(timeline, keep) {
  if (timeline.messages.length <= keep) return timeline;
  return { ...timeline, messages: timeline.messages.slice(-keep), hasMore: true };
}

/**
 * The seq after which messages are missing, or null when nothing is.
 *
 * @param {Timeline} timeline
 * @returns {number | null}
 */
export function gapOf(timeline) {
  return timeline.head > timeline.upTo ? timeline.upTo : null;
}

/** @param {Timeline} timeline @param {readonly Message[]} page @returns {Timeline} */
function restarted(timeline, page) {
  const last = page.at(-1)?.seq ?? 0;
  if (last <= timeline.upTo) return page.reduce(received, timeline);
  return loaded(timeline, page, (page[0]?.seq ?? 1) > 1);
}

/** @param {Timeline} timeline @param {Message} message @returns {Timeline} */
function replaced(timeline, message) {
  const first = timeline.messages[0]?.seq ?? Infinity;
  const at = message.seq - first;
  const held = timeline.messages[at];
  if (held === undefined || newer(held, message) === held) return timeline;
  return { ...timeline, messages: timeline.messages.with(at, message) };
}

/** @param {Timeline} timeline @returns {Timeline} */
function drained(timeline) {
  const next = [];
  let upTo = timeline.upTo;
  for (let ahead = timeline.parked.get(upTo + 1); ahead; ahead = timeline.parked.get(upTo + 1)) {
    next.push(ahead);
    upTo += 1;
  }
  if (next.length === 0) return timeline;
  const parked = withoutHeld(timeline.parked, upTo);
  return { ...timeline, messages: [...timeline.messages, ...next], upTo, parked };
}

/** @param {ReadonlyMap<number, Message>} parked @param {number} upTo */
function withoutHeld(parked, upTo) {
  return new Map([...parked].filter(([seq]) => seq > upTo));
}

/** @param {Message | undefined} held @param {Message} message @returns {Message} */
function newer(held, message) {
  if (held === undefined) return message;
  return (message.edited_at_ms ?? 0) > (held.edited_at_ms ?? 0) ? message : held;
}
