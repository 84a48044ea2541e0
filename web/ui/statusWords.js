/**
 * A claim in words.
 *
 * @import {Claimed, Status} from "../types"
 */

import { t } from "../i18n/index.js";
import { endTime } from "../i18n/times.js";
import { statusWord } from "./StatusDot.jsx";

/** What others see of who claims this. @param {Claimed} status @returns {Status} */
export function shownAs(status) {
  return status === "invisible" ? "offline" : status;
}

/** @param {Claimed} status */
export function claimedWord(status) {
  return status === "invisible" ? t("Invisible") : statusWord(status);
}

/** @param {number} atMs */
export function untilWord(atMs) {
  return t("Until {time}", { time: endTime(atMs, Date.now()) });
}

/** Emoji and text as one line; empty when there is neither. */
export function wordsOf(/** @type {{text: string | null, emoji: string | null} | null} */ said) {
  return [said?.emoji, said?.text].filter(Boolean).join(" ");
}
