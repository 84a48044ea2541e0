/**
 * One draft, as this device and the server have it.
 *
 * Rule of the file: pure, and without clocks, which differ between devices. What the server has is
 * known by its version, and a change of it is asked for as the next one. What was written here and
 * not told yet stays whatever the server tells: whoever writes is not written over.
 */

/**
 * @typedef {object} Draft
 * @property {string} text
 * @property {number} version of the newest state of the server's that is known; 0: none is
 * @property {boolean} isTold the server has this text
 * @property {boolean} isThere the server may hold some text
 */
/** @typedef {{body: string, version: number}} Told as the server has it */

/** @returns {Draft} */
export function noDraft() {
  return { text: "", version: 0, isTold: true, isThere: false };
}

/**
 * A text that was sent before it was told needs no telling.
 *
 * @param {Draft} draft
 * @param {string} text
 * @returns {Draft}
 */
export function written(draft, text) {
  return { ...draft, text, isTold: text.trim() === "" && !draft.isThere };
}

/** A text that came back stands before what was written since. @param {Draft} draft @param {string} body */
export function joined({ text }, body) {
  return text.trim() === "" ? body : `${body}\n${text}`;
}

/** What is to be told; versions only grow. @param {Draft} draft @returns {Told} */
export function next({ text, version }) {
  return { body: text.trim() === "" ? "" : text, version: version + 1 };
}

/** The text is on its way to the server. @param {Draft} draft @returns {Draft} */
export function telling(draft) {
  return { ...draft, isThere: true };
}

/**
 * The server told of its draft: the answer to what was told included.
 *
 * @param {Draft} draft
 * @param {Told} told
 * @returns {Draft}
 */
export function heard(draft, { body, version }) {
  if (version <= draft.version) return draft;
  const isThere = body !== "";
  const isSame = body === next(draft).body.normalize();
  if (isSame || !draft.isTold) return { ...draft, version, isThere, isTold: isSame };
  return { text: body, version, isThere, isTold: true };
}

/**
 * A text that an earlier page could not tell, and another that the server has meanwhile: both stay,
 * unless one is the beginning of the other.
 *
 * @param {Draft} draft
 * @param {Told} told
 * @returns {Draft}
 */
export function met(draft, told) {
  const { text } = draft;
  const isOne = draft.isTold || text.startsWith(told.body) || told.body.startsWith(text);
  if (isOne && text.length > told.body.length) return heard(draft, told);
  if (isOne) return heard({ ...draft, isTold: true }, told);
  return heard(written(draft, `${told.body}\n${text}`), told);
}
