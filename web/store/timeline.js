/**
 * One room's messages, in order of seq and without holes, each as new as the room's rev says.
 *
 * Rule of the file: pure. A timeline is never changed, a new one is returned (the same one when
 * nothing changed). What is held is one unbroken stretch [first seq .. upTo]; a message ahead of it
 * waits in `parked` until the hole before it is closed. Every held message is as of `rev` at least:
 * a change beyond a hole in the revs is applied, and its rev waits in `ahead`. Of two states of a
 * message the one with the greater rev stays. What lies before `firstSeq` the room keeps no more: it
 * is dropped, and is no hole. Events may be lost, doubled and reordered: after a resync the timeline
 * equals a fresh load (timeline.test.js says so by property).
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
 * @property {number} rev no change of the room up to here is missing
 * @property {number} headRev the highest rev known to exist
 * @property {ReadonlySet<number>} ahead revs that were heard beyond a hole
 * @property {boolean} hasMore older ones exist on the server
 * @property {number} firstSeq the room's oldest message that is kept, as far as it is known
 */

/** @param {string} roomId @returns {Timeline} */
export function emptyTimeline(roomId) {
  return {
    roomId,
    messages: [],
    upTo: 0,
    head: 0,
    parked: new Map(),
    rev: 0,
    headRev: 0,
    ahead: new Set(),
    hasMore: false,
    firstSeq: 1,
  };
}

/**
 * The newest page stands in place of what was held; what was parked ahead of it is kept.
 *
 * @param {Timeline} timeline
 * @param {readonly Message[]} page in order of seq, without holes, ending at the room's head
 * @param {boolean} hasMore
 * @param {{rev?: number, first_seq?: number}} [at] the rev that the page has at least; the oldest
 *   seq kept as of it
 * @returns {Timeline}
 */
export function loaded(timeline, page, hasMore, { rev = 0, first_seq: firstSeq } = {}) {
  const last = page.at(-1)?.seq ?? 0;
  const next = {
    ...timeline,
    messages: page.map((message) => newer(timeline.parked.get(message.seq), message)),
    upTo: last,
    head: Math.max(timeline.head, last),
    parked: withoutHeld(timeline.parked, last),
    hasMore,
  };
  return cut(advanced(drained(next), rev), firstSeq);
}

/**
 * The room keeps no message before firstSeq; one that was told before may be lower.
 *
 * @param {Timeline} timeline
 * @param {number} [firstSeq]
 * @returns {Timeline}
 */
export function cut(timeline, firstSeq = 1) {
  const first = Math.max(firstSeq, timeline.firstSeq);
  const messages = timeline.messages.filter(({ seq }) => seq >= first);
  const hasMore = timeline.hasMore && (messages[0]?.seq ?? 0) > first;
  const isSame = messages.length === timeline.messages.length && hasMore === timeline.hasMore;
  if (isSame && first === timeline.firstSeq && timeline.upTo >= first - 1) return timeline;
  const upTo = Math.max(timeline.upTo, first - 1);
  return drained({
    ...timeline,
    messages,
    upTo,
    head: Math.max(timeline.head, upTo),
    parked: withoutHeld(timeline.parked, upTo),
    hasMore,
    firstSeq: first,
  });
}

/**
 * The message has its place: appended, parked ahead of a hole, or in place of its older state.
 *
 * @param {Timeline} timeline
 * @param {Message} message
 * @returns {Timeline}
 */
export function received(timeline, message) {
  return revHeard(placed(timeline, message), message.rev);
}

/**
 * A change of the room with that rev was heard and acted upon, whatever it was.
 *
 * @param {Timeline} timeline
 * @param {number} rev
 * @returns {Timeline}
 */
export function revHeard(timeline, rev) {
  if (rev <= timeline.rev || timeline.ahead.has(rev)) return timeline;
  const ahead = new Set(timeline.ahead).add(rev);
  return advanced({ ...timeline, ahead }, timeline.rev);
}

/** @param {Timeline} timeline @param {Message} message @returns {Timeline} */
function placed(timeline, message) {
  if (message.seq <= timeline.upTo) return replaced(timeline, message);
  const held = timeline.parked.get(message.seq);
  if (held !== undefined && newer(held, message) === held) return timeline;
  const parked = new Map(timeline.parked).set(message.seq, message);
  return drained({ ...timeline, parked, head: Math.max(timeline.head, message.seq) });
}

/**
 * The room is known to reach as far as head and headRev, though nothing of it may have arrived.
 *
 * @param {Timeline} timeline
 * @param {number} head
 * @param {number} [headRev]
 * @returns {Timeline}
 */
export function headed(timeline, head, headRev = 0) {
  if (head <= timeline.head && headRev <= timeline.headRev) return timeline;
  return {
    ...timeline,
    head: Math.max(head, timeline.head),
    headRev: Math.max(headRev, timeline.headRev),
  };
}

/**
 * The answer to "what came after upTo and rev" is applied; a reset is a newest page after too long
 * an absence. One that ends before what was asked for comes from a database that went back. When an
 * older page brought the rev back meanwhile, the answer says too little of it: it is asked again.
 *
 * @param {Timeline} timeline
 * @param {{messages: readonly Message[], changed?: readonly Message[], reset: boolean, rev: number, first_seq?: number}} answer
 * @param {{seq: number, rev: number}} [asked] upTo and rev when it was asked
 * @returns {Timeline}
 */
export function caughtUp(timeline, answer, asked = { seq: 0, rev: 0 }) {
  if (answer.reset) return restarted(timeline, answer, asked);
  const kept = cut(timeline, answer.first_seq);
  const whole = [...(answer.changed ?? []), ...answer.messages].reduce(placed, kept);
  return asked.rev > whole.rev ? whole : advanced(whole, Math.max(whole.rev, answer.rev));
}

/**
 * Older messages stand before the ones held. A page that does not join on is refused. One that is
 * older than the held rev brings the rev back to its own: what changed since is asked for again, and
 * so is what was heard beyond a hole after it, for it may have been of a message that was not held.
 *
 * @param {Timeline} timeline
 * @param {readonly Message[]} page in order of seq
 * @param {boolean} hasMore
 * @param {number} [rev] that the page has at least
 * @param {number} [firstSeq] the oldest seq kept as of it
 * @returns {Timeline}
 */
export function withOlder(timeline, page, hasMore, rev = timeline.rev, firstSeq) {
  const first = timeline.messages[0]?.seq ?? timeline.upTo + 1;
  const before = page.filter((message) => message.seq < first);
  if (before.length > 0 && before.at(-1)?.seq !== first - 1) return timeline;
  if (before.length === 0) return cut(timeline, firstSeq);
  const messages = [...before, ...timeline.messages];
  const ahead = new Set([...timeline.ahead].filter((one) => one <= rev));
  const known = { ahead, rev: Math.min(rev, timeline.rev) };
  return cut({ ...timeline, messages, ...known, hasMore }, firstSeq);
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
 * The seq after which messages or changes are missing, or null when nothing is.
 *
 * @param {Timeline} timeline
 * @returns {number | null}
 */
export function gapOf(timeline) {
  const isBehind = timeline.head > timeline.upTo || timeline.headRev > timeline.rev;
  return isBehind ? timeline.upTo : null;
}

/**
 * The page, and those held messages that came while it was on its way.
 *
 * @param {Timeline} timeline
 * @param {{messages: readonly Message[], rev: number, first_seq?: number}} answer
 * @param {{seq: number, rev: number}} asked
 * @returns {Timeline}
 */
function restarted(timeline, answer, asked) {
  const page = answer.messages;
  const last = page.at(-1)?.seq ?? (answer.first_seq ?? 1) - 1;
  const hasMore = (page[0]?.seq ?? 1) > 1;
  if (last < asked.seq || answer.rev < asked.rev) {
    return loaded(emptyTimeline(timeline.roomId), page, hasMore, answer);
  }
  const held = new Map(timeline.messages.map((message) => [message.seq, message]));
  const parked = new Map([...held, ...timeline.parked]);
  return loaded({ ...timeline, parked }, page, hasMore, answer);
}

/**
 * Every held message is as of rev at least, and the revs heard beyond it without a hole count too.
 *
 * @param {Timeline} timeline
 * @param {number} rev
 * @returns {Timeline}
 */
function advanced(timeline, rev) {
  let upTo = rev;
  while (timeline.ahead.has(upTo + 1)) upTo += 1;
  const ahead = new Set([...timeline.ahead].filter((one) => one > upTo));
  const headRev = Math.max(timeline.headRev, upTo, ...ahead);
  const isSame = upTo === timeline.rev && headRev === timeline.headRev;
  if (isSame && ahead.size === timeline.ahead.size) return timeline;
  return { ...timeline, rev: upTo, headRev, ahead };
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
  return message.rev > held.rev ? message : held;
}
