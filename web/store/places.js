/**
 * Rooms and people found by some letters of their names.
 *
 * Rule of the file: pure. Accents, case and the width of letters do not count; neither do spaces
 * between letters that are only somewhere in the name.
 */

/**
 * Those whose name fits, the best first: the whole name, its beginning, the beginning of a word of
 * it, a part of it, letters of it in their order. Among equals the given order stays.
 *
 * @template {{names: readonly string[]}} P
 * @param {readonly P[]} places
 * @param {string} typed
 * @returns {P[]}
 */
export function fittingPlaces(places, typed) {
  const wanted = folded(typed).trim();
  if (wanted === "") return [...places];
  return places
    .map((place) => ({
      place,
      fit: Math.min(...place.names.map((name) => fitOf(folded(name), wanted))),
    }))
    .filter(({ fit }) => fit < Infinity)
    .toSorted((a, b) => a.fit - b.fit)
    .map(({ place }) => place);
}

/** @param {string} name @param {string} wanted both folded */
function fitOf(name, wanted) {
  if (name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  if (name.split(/[\s._-]+/u).some((word) => word.startsWith(wanted))) return 2;
  if (name.includes(wanted)) return 3;
  return hasInOrder(name, wanted.replaceAll(/\s/gu, "")) ? 4 : Infinity;
}

/** @param {string} name @param {string} letters */
function hasInOrder(name, letters) {
  let at = -1;
  return [...letters].every((letter) => (at = name.indexOf(letter, at + 1)) !== -1);
}

/** @param {string} text */
function folded(text) {
  return text
    .normalize("NFKD")
    .replaceAll(/\p{Mark}/gu, "")
    .toLowerCase();
}
