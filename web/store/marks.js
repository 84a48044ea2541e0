/**
 * Counts a mark in bytes that come in parts; pure but for what it remembers of the last part.
 */

/**
 * A function (bytes of the next part) -> how often the mark stood in all parts so far.
 *
 * @param {string} mark ASCII, whose end is not its beginning
 * @returns {(part: Uint8Array) => number}
 */
export function marksIn(mark) {
  const decoder = new TextDecoder("latin1");
  let tail = "";
  let count = 0;
  return (part) => {
    const text = tail + decoder.decode(part);
    count += text.split(mark).length - 1;
    const at = text.lastIndexOf(mark);
    const from = at < 0 ? 0 : at + mark.length;
    tail = text.slice(Math.max(from, text.length - mark.length + 1));
    return count;
  };
}
