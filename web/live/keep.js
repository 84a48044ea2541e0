/**
 * What a browser keeps for a reader: drafts, unsent messages, looks.
 *
 * Rule of the file: storage may be full, forbidden or absent; then nothing is kept and nothing
 * breaks. Keys carry the user's id, so that two people on one machine do not mix.
 */

import { boot } from "../boot.js";

const OWN = `rollcall:${boot.user.id}:`;

/** @param {string} name @returns {string | null} */
export function kept(name) {
  try {
    return localStorage.getItem(OWN + name);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string} text empty: nothing is kept */
export function keep(name, text) {
  try {
    if (text === "") localStorage.removeItem(OWN + name);
    else localStorage.setItem(OWN + name, text);
  } catch {
    // The storage is full or forbidden: the text lives as long as the page.
  }
}

/** Names of what is kept that begin so. @param {string} prefix @returns {string[]} */
export function keptNames(prefix) {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(OWN + prefix));
    return names.map((name) => name.slice(OWN.length));
  } catch {
    return [];
  }
}

/** Nothing of this reader is left on the machine. */
export function forgetAll() {
  for (const name of keptNames("")) keep(name, "");
}

/** A fresh name that no other tab has drawn; works without a secure context, unlike randomUUID. */
export function freshId() {
  const bytes = crypto.getRandomValues(new Uint8Array(15));
  return Array.from(bytes, (byte) => byte.toString(36).padStart(2, "0")).join("");
}
