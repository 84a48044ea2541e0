/**
 * Who is here, as far as this viewer may see.
 *
 * Rule of the file: pure, like timeline.js. Each person carries the rev at which their status was
 * true, so that a diff that comes late, twice or before the snapshot it belongs after does no harm.
 * `synced` is the rev up to which nothing can be missing: a resync asks from there.
 * While the connection or the presence store is lost, `known` is false: every status reads as
 * unknown, never as a stale green. Early diffs are kept; source: phoenix, presence.js.
 * Each room's members are as of a rev of that room; who came or went at a higher one is kept beside,
 * so that moves may come in any order, twice, or before an answer that is older than they are.
 *
 * @import {Change, Diff, Person, RoomMembers, Status, Synced} from "../types"
 */

/** @typedef {Person & {rev: number}} Seen */

/**
 * @typedef {object} RoomHeld
 * @property {number} rev the rev of the room at which members was whole
 * @property {ReadonlyMap<string, {rev: number, isIn: boolean}>} moves by user id, those who left too
 */

/**
 * @typedef {object} Roster
 * @property {string | null} epoch name of the presence store's life; null before the first snapshot
 * @property {number} synced
 * @property {number} rev the newest rev seen
 * @property {ReadonlyMap<string, Seen>} people by user id
 * @property {ReadonlyMap<string, RoomHeld>} rooms those whose members are known
 * @property {readonly Diff[]} early diffs that came before their snapshot
 * @property {boolean} known
 * @property {boolean} begun something was said about presence, if only that it is not known
 */

/** Early diffs beyond this are dropped: the snapshot that follows holds them anyway. */
const EARLY_MAX = 500;

/** @returns {Roster} */
export function emptyRoster() {
  return {
    epoch: null,
    synced: 0,
    rev: 0,
    people: new Map(),
    rooms: new Map(),
    early: [],
    known: false,
    begun: false,
  };
}

/**
 * The diff's changes are shown, or kept until the snapshot they belong after.
 *
 * @param {Roster} roster
 * @param {Diff} diff
 * @returns {Roster}
 */
export function changed(roster, diff) {
  if (!roster.known || diff.epoch !== roster.epoch) return keptEarly(roster, diff);
  if (diff.rev <= roster.synced) return roster;
  return applied(roster, diff.changes, diff.rev);
}

/**
 * The answer to roster:sync is the truth up to its rev; diffs that came earlier follow it.
 *
 * @param {Roster} roster
 * @param {Synced} answer
 * @returns {Roster}
 */
export function synced(roster, answer) {
  const fresh = answer.reset || answer.epoch !== roster.epoch;
  const base = fresh ? { ...roster, rev: 0, people: new Map() } : roster;
  const rooms = Object.entries(answer.rooms ?? {}).reduce(withRoom, roster.rooms);
  const at = { ...base, rooms, epoch: answer.epoch, early: [], known: true, begun: true };
  const whole = { ...applied(at, answer.people, answer.rev), synced: answer.rev };
  return roster.early
    .filter((diff) => diff.epoch === answer.epoch && diff.rev > answer.rev)
    .reduce((next, diff) => applied(next, diff.changes, diff.rev), whole);
}

/**
 * The members of one room are among the people, with what the room's own roster said of them.
 *
 * @param {Roster} roster
 * @param {{epoch: string, rev: number, members: readonly Change[]}} answer
 * @returns {Roster}
 */
export function introduced(roster, answer) {
  const sameLife = roster.known && answer.epoch === roster.epoch;
  if (sameLife) return applied(roster, answer.members, answer.rev, { advance: false });
  const strangers = answer.members.filter((member) => !roster.people.has(member.user_id));
  return applied(roster, strangers, 0, { advance: false });
}

/**
 * These are the room's members at that rev; who moved after it stays as he moved.
 *
 * @param {Roster} roster
 * @param {string} roomId
 * @param {RoomMembers} found
 * @returns {Roster}
 */
export function roomRead(roster, roomId, found) {
  return { ...roster, rooms: withRoom(roster.rooms, [roomId, found]) };
}

/**
 * A member came or went at that rev of a room whose members are known; a late word changes nothing.
 *
 * @param {Roster} roster
 * @param {{room_id: string, user_id: string, rev: number, isIn: boolean}} move
 * @returns {Roster}
 */
export function moved(roster, { room_id: roomId, user_id: userId, rev, isIn }) {
  const held = roster.rooms.get(roomId);
  const before = held?.moves.get(userId)?.rev ?? held?.rev ?? 0;
  if (held === undefined || rev <= before) return roster;
  const moves = new Map(held.moves).set(userId, { rev, isIn });
  return { ...roster, rooms: new Map(roster.rooms).set(roomId, { ...held, moves }) };
}

/** The room's members are not known any more. @param {Roster} roster @param {string} roomId */
export function roomForgotten(roster, roomId) {
  return { ...roster, rooms: without(roster.rooms, roomId) };
}

/** @type {WeakMap<RoomHeld, ReadonlySet<string>>} */
const idsOf = new WeakMap();

/** User ids of each room's members, by room id. @param {Roster} roster */
export function membersByRoom(roster) {
  return new Map([...roster.rooms].map(([id, held]) => [id, membersOf(held)]));
}

/** @param {RoomHeld} held @returns {ReadonlySet<string>} the same set for the same members */
function membersOf(held) {
  const known = idsOf.get(held);
  if (known) return known;
  const ids = new Set([...held.moves].filter(([, { isIn }]) => isIn).map(([id]) => id));
  idsOf.set(held, ids);
  return ids;
}

/**
 * All up to the rev that is held was told: a resync need not go back further.
 *
 * @param {Roster} roster
 * @param {{epoch: string, rev: number}} heads
 * @returns {Roster}
 */
export function headed(roster, { epoch, rev }) {
  const isWhole = roster.known && epoch === roster.epoch && rev === roster.rev;
  return isWhole && rev > roster.synced ? { ...roster, synced: rev } : roster;
}

/** Every status reads as unknown until the next sync. @param {Roster} roster @returns {Roster} */
export function lost(roster) {
  return roster.known || !roster.begun ? { ...roster, known: false, begun: true } : roster;
}

/**
 * Names are known, statuses not: a new life of the store.
 *
 * @param {Roster} roster
 * @returns {Roster}
 */
export function begunAnew(roster) {
  return { ...roster, epoch: null, synced: 0, rev: 0, known: false };
}

/**
 * What to show for one person.
 *
 * @param {Roster} roster
 * @param {string} userId
 * @returns {Status}
 */
export function statusOf(roster, userId) {
  if (!roster.known) return "unknown";
  return roster.people.get(userId)?.status ?? "unknown";
}

/**
 * Whether the person has the room in front, as far as that is known.
 *
 * @param {Roster} roster
 * @param {string} userId
 * @param {string} roomId
 */
export function isHere(roster, userId, roomId) {
  return roster.known && (roster.people.get(userId)?.here.includes(roomId) ?? false);
}

/**
 * What a resync asks from; no place when all is wanted.
 *
 * @param {Roster} roster
 * @returns {{epoch?: string, rev?: number, rooms?: Record<string, number>}}
 */
export function syncFrom(roster) {
  const place = roster.epoch === null ? {} : { epoch: roster.epoch, rev: roster.synced };
  const rooms = Object.fromEntries([...roster.rooms].map(([id, { rev }]) => [id, rev]));
  return roster.rooms.size > 0 ? { ...place, rooms } : place;
}

/**
 * @param {ReadonlyMap<string, RoomHeld>} rooms
 * @param {[string, RoomMembers]} found
 * @returns {ReadonlyMap<string, RoomHeld>}
 */
function withRoom(rooms, [roomId, { rev, user_ids: userIds }]) {
  if (userIds.length === 0) return without(rooms, roomId);
  const held = rooms.get(roomId);
  if (held !== undefined && held.rev > rev) return rooms;
  const moves = new Map(userIds.map((id) => [id, { rev, isIn: true }]));
  for (const [id, move] of held?.moves ?? []) if (move.rev > rev) moves.set(id, move);
  return new Map(rooms).set(roomId, { rev, moves });
}

/**
 * @param {ReadonlyMap<string, RoomHeld>} rooms
 * @param {string} roomId
 * @returns {ReadonlyMap<string, RoomHeld>}
 */
function without(rooms, roomId) {
  return new Map([...rooms].filter(([id]) => id !== roomId));
}

/** @param {Roster} roster @param {Diff} diff @returns {Roster} */
function keptEarly(roster, diff) {
  return { ...roster, early: [...roster.early, diff].slice(-EARLY_MAX) };
}

/**
 * @param {Roster} roster
 * @param {readonly Change[]} changes
 * @param {number} rev
 * @param {{advance: boolean}} [how] advance: whether the roster as a whole has reached rev
 * @returns {Roster}
 */
function applied(roster, changes, rev, { advance } = { advance: true }) {
  const people = new Map(roster.people);
  for (const change of changes) {
    const held = people.get(change.user_id);
    if (held === undefined || held.rev <= rev)
      people.set(change.user_id, merged(held, change, rev));
    else people.set(change.user_id, named(held, change));
  }
  return { ...roster, people, rev: advance ? Math.max(roster.rev, rev) : roster.rev };
}

/** What is older of a status may still say whose it is. @param {Seen} held @param {Change} change */
function named(held, { username, display_name }) {
  return held.username === "" && username
    ? { ...held, username, display_name: display_name ?? username }
    : held;
}

/** @param {Seen | undefined} held @param {Change} change @param {number} rev @returns {Seen} */
function merged(held, change, rev) {
  return {
    user_id: change.user_id,
    username: change.username ?? held?.username ?? "",
    display_name: change.display_name ?? held?.display_name ?? "",
    status: change.status,
    text: change.text ?? null,
    emoji: change.emoji ?? null,
    last_seen_at_ms: change.last_seen_at_ms ?? held?.last_seen_at_ms ?? null,
    here: change.here ?? [],
    rev,
  };
}
