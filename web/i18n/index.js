/**
 * The words of the page in the reader's language.
 *
 * Rule of the file: the English sentence is the key; one .po (chat/translations) serves this and
 * the server's pages. The asset build turns it into a small script that runs before the app and
 * leaves the catalogue in globalThis. Placeholders are {name}.
 */

/** @typedef {Record<string, string | number>} Values */

/** @type {Record<string, string | string[]>} */
const catalogue = Reflect.get(globalThis, "ROLLCALL_CATALOGUE") ?? {};

/** The sentence in the reader's language. @param {string} sentence @param {Values} [values] */
export function t(sentence, values = {}) {
  const found = catalogue[sentence];
  return filled(typeof found === "string" && found !== "" ? found : sentence, values);
}

/**
 * The sentence that fits the number; {n} is the number.
 *
 * @param {string} one
 * @param {string} many
 * @param {number} n
 * @param {Values} [values]
 */
export function nt(one, many, n, values = {}) {
  const found = catalogue[one];
  const forms = Array.isArray(found) && found.every(Boolean) ? found : [one, many];
  const form = (n === 1 ? forms[0] : forms.at(-1)) ?? many;
  return filled(form, { n, ...values });
}

/** @param {string} sentence @param {Values} values */
function filled(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
