/**
 * The filters in a question, for the chips below the box; what they mean the server decides.
 *
 * Rule of the file: pure; whatever is no filter stays as it was typed.
 */

const FILTER = /(^|\s)(-?)(from|in|before|after|has)[:：](?:"([^"]*)"|(\S+))/giu;

/** @typedef {{text: string, name: string, value: string, isBarred: boolean}} Chip */

/** The filters of the question, in their order. @param {string} question @returns {Chip[]} */
export function chipsOf(question) {
  return [...question.matchAll(FILTER)].map(([whole, , minus, name = "", quoted, plain]) => ({
    text: whole.trim(),
    name: name.toLowerCase(),
    value: quoted ?? plain ?? "",
    isBarred: minus !== "",
  }));
}

/** The question without that filter. @param {string} question @param {Chip} chip */
export function without(question, chip) {
  return tidy(question.replace(chip.text, " "));
}

/** The question with that filter. @param {string} question @param {string} name @param {string} value */
export function withFilter(question, name, value) {
  const isPlain = /^[^\s"]+$/u.test(value);
  return tidy(`${question} ${name}:${isPlain ? value : `"${value.replaceAll('"', "")}"`}`);
}

/** @param {string} question */
function tidy(question) {
  return question.replace(/\s+/gu, " ").trim();
}
