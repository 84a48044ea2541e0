/**
 * What the reader says of himself: which of two words is the newer, and until when one holds.
 *
 * Rule of the file: pure; the time comes in. The server decides when a claim lapses; `holds` is for
 * a page that has not heard of it yet.
 *
 * @import {Claim} from "../types"
 */

const HOUR_MS = 3_600_000;

/** @typedef {"half_hour" | "hour" | "four_hours" | "today" | "never"} Span */

/** @type {Span[]} */
export const SPANS = ["half_hour", "hour", "four_hours", "today", "never"];

/**
 * The newer of the two; of one version, what was told last: it may have lapsed since.
 *
 * @param {Claim | null} held
 * @param {Claim} told
 */
export function newer(held, told) {
  return held !== null && held.version > told.version ? held : told;
}

/**
 * The claim as it counts now: of one whose time is over, nothing is left.
 *
 * @param {Claim | null} claim
 * @param {number} nowMs
 * @returns {Claim | null}
 */
export function holds(claim, nowMs) {
  if (claim === null || claim.until_ms === null || claim.until_ms > nowMs) return claim;
  return { status: "online", text: null, emoji: null, until_ms: null, version: claim.version };
}

/**
 * When a span that begins now ends; today ends at midnight where the reader is.
 *
 * @param {Span} span
 * @param {number} nowMs
 * @returns {number | null}
 */
export function untilAfter(span, nowMs) {
  if (span === "half_hour") return nowMs + HOUR_MS / 2;
  if (span === "hour") return nowMs + HOUR_MS;
  if (span === "four_hours") return nowMs + 4 * HOUR_MS;
  if (span === "today") return new Date(nowMs).setHours(24, 0, 0, 0);
  return null;
}
