/**
 * Which names fit what was typed, and in which order they are proposed.
 *
 * Rule of the file: pure. Not here: where a name begins (token.js).
 *
 * @import {Person, User} from "../types"
 */

/**
 * Those whose name fits: the one that was typed in full, then what begins so, then what contains
 * it; among these by rank, then by name.
 *
 * @template {Pick<Person, "username" | "display_name">} P
 * @param {readonly P[]} people
 * @param {string} typed
 * @param {{rankOf: (person: P) => number, byName: (a: string, b: string) => number}} order
 * @returns {P[]}
 */
export function fitting(people, typed, { rankOf, byName }) {
  const wanted = folded(typed);
  return people
    .map((person) => ({ person, fit: fitOf(person, wanted), rank: rankOf(person) }))
    .filter(({ fit }) => fit < Infinity)
    .toSorted(
      (a, b) =>
        a.fit - b.fit ||
        a.rank - b.rank ||
        byName(a.person.display_name, b.person.display_name) ||
        byName(a.person.username, b.person.username),
    )
    .map(({ person }) => person);
}

/**
 * Emoji of which a name begins so, then those of which one contains it.
 *
 * @param {readonly (readonly [emoji: string, ...names: string[]])[]} known
 * @param {string} typed
 */
export function fittingEmoji(known, typed) {
  const wanted = folded(typed);
  const begins = known.filter(([, ...names]) => names.some((name) => name.startsWith(wanted)));
  const contains = known.filter(([, ...names]) => names.some((name) => name.includes(wanted)));
  return [...new Set([...begins, ...contains])];
}

/** Whether a word, or what it is called in the reader's language, begins so. */
export function begins(/** @type {string[]} */ names, /** @type {string} */ typed) {
  return names.some((name) => folded(name).startsWith(folded(typed)));
}

/** @param {Pick<User, "username" | "display_name">} person @param {string} wanted folded */
function fitOf({ username, display_name: displayName }, wanted) {
  const names = [folded(username), folded(displayName)];
  if (names[0] === wanted) return 0;
  const words = names.flatMap((name) => name.split(/[\s._-]+/));
  if ([...names, ...words].some((name) => name.startsWith(wanted))) return 1;
  return names.some((name) => name.includes(wanted)) ? 2 : Infinity;
}

/** @param {string} name */
function folded(name) {
  return name.normalize("NFKC").toLowerCase();
}
