/**
 * What was searched for, and what was found: kept while the pane is closed.
 *
 * Rule of the file: the server understands the question; an answer that comes after a newer question
 * is dropped. What was found before the line was down is asked for again when it is looked at, for
 * some of it may be gone.
 *
 * @import {ErrorBody, SearchHit} from "../types"
 */

import { signal } from "@preact/signals";

import { errorOf, get } from "../api.js";
import { comebacks } from "./gone.js";

/** The server's own bounds. Source: docs/PROTOCOL.md, SearchQuery. */
const PAGE = 20;
const PAGE_MAX = 50;

/** @typedef {{hits: SearchHit[], cursor: string | null}} Found */

/** What stands in the box. */
export const typed = signal("");

/** What the hits are of; "" before anything was asked. */
export const asked = signal("");

export const found = signal(/** @type {Found | null} */ (null));

/** "first" and "more" while the server looks. */
export const looking = signal(/** @type {"first" | "more" | ErrorBody | null} */ (null));

/** When it was found, by comebacks. */
let foundAt = 0;

/** The question is asked. @param {string} question */
export async function search(question) {
  typed.value = question;
  asked.value = question.trim();
  found.value = null;
  looking.value = null;
  if (asked.value === "") return;
  await look("first", asked.value, null);
}

/** What comes after the last hit is found too. */
export async function searchOn() {
  const cursor = found.value?.cursor ?? null;
  if (cursor === null || looking.value === "more") return;
  await look("more", asked.value, cursor);
}

/** What was found before the line was down is as the server finds it now. */
export async function lookAgain() {
  if (found.value === null || foundAt === comebacks.value || looking.value === "more") return;
  await look("more", asked.value, null, Math.min(PAGE_MAX, found.value.hits.length));
}

/** @param {"first" | "more"} what @param {string} question @param {string | null} cursor @param {number} [limit] */
async function look(what, question, cursor, limit = PAGE) {
  looking.value = what;
  const at = comebacks.value;
  const query = new URLSearchParams({ q: question, utc_offset_min: String(offset()) });
  query.set("limit", String(Math.max(PAGE, limit)));
  if (cursor !== null) query.set("cursor", cursor);
  try {
    const page = await get(`/api/v1/search?${query}`);
    if (asked.value !== question) return;
    const before = cursor === null ? [] : (found.value?.hits ?? []);
    found.value = { hits: [...before, ...page.hits], cursor: page.cursor ?? null };
    if (cursor === null) foundAt = at;
    looking.value = null;
  } catch (thrown) {
    if (asked.value === question) looking.value = errorOf(thrown);
  }
}

function offset() {
  return -new Date().getTimezoneOffset();
}
