/** Lists that are put in order by hand. Rule of the file: pure. */

/**
 * The list with one of its members at another place; beyond its ends is its end.
 *
 * @template T
 * @param {readonly T[]} list
 * @param {T} one
 * @param {number} to index in the list without it
 * @returns {T[]}
 */
export function moved(list, one, to) {
  const others = list.filter((other) => other !== one);
  return others.toSpliced(Math.max(0, to), 0, one);
}
