/**
 * What is being typed where a list of proposals helps.
 *
 * Rule of the file: pure. A name begins where the server would see one (chat/messages/inline_marks.py):
 * after a space, a sign, or a letter of a script that puts no spaces between words.
 */

/**
 * @typedef {object} Token the part of the text before the caret that is to be completed
 * @property {"name" | "emoji"} kind
 * @property {number} from its place in the text, with its sign
 * @property {string} typed what stands behind the sign
 */

const UNSPACED = "[\\p{sc=Han}\\p{sc=Hira}\\p{sc=Kana}\\p{sc=Hang}]";
const NAME = new RegExp(`(?<!(?!${UNSPACED})[\\p{L}\\p{N}_@./:-])@([^\\s@]{0,32})$`, "u");
const EMOJI = new RegExp(`(?<!(?!${UNSPACED})[\\p{L}\\p{N}_/:])(?<!:):([^\\s:@]{2,24})$`, "u");
/** No name is longer, nor that of an emoji: what stands further back is not looked at. */
const BACK = 40;

/**
 * @param {string} text
 * @param {number} caret
 * @returns {Token | null}
 */
export function tokenAt(text, caret) {
  const before = text.slice(Math.max(0, caret - BACK), caret);
  for (const [kind, pattern] of /** @type {const} */ ([
    ["name", NAME],
    ["emoji", EMOJI],
  ])) {
    const typed = pattern.exec(before)?.[1];
    if (typed !== undefined) return { kind, from: caret - typed.length - 1, typed };
  }
  return null;
}
