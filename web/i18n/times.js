/**
 * Times and dates in words, by Intl, in the reader's language and time zone.
 *
 * Rule of the file: times come in as milliseconds since 1970, "now" as an argument.
 */

import { boot } from "../boot.js";

const locale = localeOf(boot.locale, navigator.language);

const clock = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
const whole = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "medium" });
const dayThisYear = new Intl.DateTimeFormat(locale, {
  weekday: "long",
  day: "numeric",
  month: "long",
});
const dayOtherYear = new Intl.DateTimeFormat(locale, { dateStyle: "long" });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
const relativeDay = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const number = new Intl.NumberFormat(locale);

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** @param {number} atMs */
export function clockTime(atMs) {
  return clock.format(atMs);
}

/** When something ends: the time of today, else the day with it; midnight is the end of a day. */
export function endTime(/** @type {number} */ atMs, /** @type {number} */ nowMs) {
  const last = atMs - 1;
  if (dayOf(last) === dayOf(nowMs)) return clock.format(last);
  return `${dayName(last, nowMs)}, ${clock.format(last)}`;
}

/** @param {number} atMs */
export function wholeTime(atMs) {
  return whole.format(atMs);
}

/** @param {number} atMs */
export function isoTime(atMs) {
  return new Date(atMs).toISOString();
}

/** A number that changes exactly at local midnight. @param {number} atMs */
export function dayOf(atMs) {
  const date = new Date(atMs);
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY_MS;
}

/** "Today", "Yesterday" or the date. @param {number} atMs @param {number} nowMs */
export function dayName(atMs, nowMs) {
  const ago = dayOf(nowMs) - dayOf(atMs);
  if (ago === 0 || ago === 1) return capitalised(relativeDay.format(-ago, "day"));
  const thisYear = new Date(atMs).getFullYear() === new Date(nowMs).getFullYear();
  return (thisYear ? dayThisYear : dayOtherYear).format(atMs);
}

/** "5 min. ago". @param {number} atMs @param {number} nowMs */
export function ago(atMs, nowMs) {
  const ms = Math.max(0, nowMs - atMs);
  if (ms < HOUR_MS) return relative.format(-Math.max(1, Math.round(ms / MINUTE_MS)), "minute");
  if (ms < DAY_MS) return relative.format(-Math.round(ms / HOUR_MS), "hour");
  return relative.format(-Math.round(ms / DAY_MS), "day");
}

/** @param {number} count */
export function figure(count) {
  return number.format(count);
}

/** @param {string} name The one order of names: the reader's collation. */
export const byName = new Intl.Collator(locale, { sensitivity: "base", numeric: true }).compare;

/** @param {string} word */
function capitalised(word) {
  return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1);
}

/**
 * A reader of English keeps their own habit of clock (en-GB, en-US); others get the page's language.
 * What a browser names can be no locale at all: "en-US@posix" where the system's language is C.
 *
 * @param {string} page
 * @param {string} browser
 */
function localeOf(page, browser) {
  const tag = page.replace("_", "-");
  try {
    return browser.startsWith(tag) ? (Intl.getCanonicalLocales(browser)[0] ?? tag) : tag;
  } catch {
    return tag;
  }
}
