/**
 * What is proposed for what was typed: people and words behind @, emoji behind a colon.
 *
 * @import {Token} from "../store/token.js"
 * @import {Seen} from "../store/roster.js"
 */

import { boot } from "../boot.js";
import { t } from "../i18n/index.js";
import { byName } from "../i18n/times.js";
import { members, roster } from "../live/state.js";
import { begins, fitting, fittingEmoji } from "../store/completion.js";
import { isHere, statusOf } from "../store/roster.js";
import { EMOJI_NAMES } from "./emojiNames.js";

const PEOPLE_MAX = 8;
const EMOJI_MAX = 8;
/** Those who are here come before these. */
const RANKS = { online: 1, busy: 1, away: 2, offline: 3, unknown: 3 };

/**
 * @typedef {{id: string, insert: string} & (
 *   | {kind: "person", person: Seen}
 *   | {kind: "word", word: "here" | "room"}
 *   | {kind: "emoji", emoji: string, name: string})} Proposal
 */

/** What @here and @room stand for. @param {"here" | "room"} word */
export function meaningOf(word) {
  return word === "here" ? t("everybody who is online now") : t("everybody in this room");
}

/** @param {Token} token @param {string} roomId @returns {Proposal[]} */
export function proposalsFor(token, roomId) {
  if (token.kind === "emoji") return emojiFor(token.typed);
  const people = peopleFor(token.typed, roomId);
  const words = wordsFor(token.typed);
  return words.some(({ insert }) => insert === `@${token.typed}`)
    ? [...words, ...people]
    : [...people, ...words];
}

/** @param {string} typed @param {string} roomId @returns {Proposal[]} */
function peopleFor(typed, roomId) {
  const ids = [...(members.value.get(roomId) ?? [])].filter((id) => id !== boot.user.id);
  const known = ids.flatMap((id) => roster.value.people.get(id) ?? []);
  const rankOf = (/** @type {Seen} */ { user_id: id }) =>
    isHere(roster.value, id, roomId) ? 0 : RANKS[statusOf(roster.value, id)];
  return fitting(known, typed, { rankOf, byName })
    .slice(0, PEOPLE_MAX)
    .map((person) => ({
      kind: "person",
      id: person.user_id,
      insert: `@${person.username}`,
      person,
    }));
}

/** @param {string} typed @returns {Proposal[]} */
function wordsFor(typed) {
  return /** @type {const} */ (["here", "room"])
    .filter((word) => begins([word, meaningOf(word)], typed))
    .map((word) => ({ kind: "word", id: word, insert: `@${word}`, word }));
}

/** @param {string} typed @returns {Proposal[]} */
function emojiFor(typed) {
  return fittingEmoji(EMOJI_NAMES, typed)
    .slice(0, EMOJI_MAX)
    .map(([emoji, ...names]) => {
      const name = names.find((one) => one.includes(typed.toLowerCase())) ?? names[0] ?? "";
      return { kind: "emoji", id: emoji, insert: emoji, emoji, name };
    });
}
