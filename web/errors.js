/**
 * A refusal in the reader's language, by its code.
 *
 * @import {ErrorBody} from "./types"
 */

import { boot } from "./boot.js";
import { nt, t } from "./i18n/index.js";

/** @type {Record<string, () => string>} */
const SENTENCES = {
  not_member: () => t("You are not a member of this room."),
  forbidden: () => t("You may not do this."),
  not_found: () => t("This does not exist, or is not yours to see."),
  archived: () => t("This room is archived."),
  muted: () => t("You are muted in this room."),
  read_only: () => t("You may only read in this room."),
  room_name_taken: () => t("A room of this name exists already."),
  stale: () => t("It was changed meanwhile. Please look at it again."),
  too_large: () => t("This is too large."),
  unavailable: () => t("The server cannot do this right now. Please try again."),
  search_too_slow: () => t("This search takes too long. Please add a word or a filter."),
  draining: () => t("The server is being updated. Please try again in a moment."),
  internal: () => t("Something went wrong on the server. Please try again."),
  unreachable: () => t("The server cannot be reached."),
  no_answer: () => t("The server did not answer in time."),
  not_signed_in: () => t("You are signed out."),
  csrf_failed: () => t("This page has grown old. Please reload it."),
};

/** The reader's sentence for a refusal. @param {ErrorBody} error */
export function sentenceOf(error) {
  if (error.retry_after_s !== undefined && error.temporary) {
    const seconds = Math.max(1, Math.ceil(error.retry_after_s));
    return nt("Please try again in {n} second.", "Please try again in {n} seconds.", seconds);
  }
  return SENTENCES[error.code]?.() ?? withReason(error.message);
}

/**
 * The facts of an input that cannot be used are known to the server alone, in English.
 *
 * @param {string} reason
 */
function withReason(reason) {
  return boot.locale === "en" ? reason : t("The server does not accept this: {reason}", { reason });
}
