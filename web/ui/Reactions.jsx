/**
 * The reactions below a message: who gave them in words, one's own pressed.
 *
 * @import {Message, Reaction} from "../types"
 */

import { nt, t } from "../i18n/index.js";
import { figure } from "../i18n/times.js";
import { hasReacted, namesOf, react } from "../live/acts.js";
import { bar } from "../live/state.js";

/** @param {{message: Message}} props */
export function Reactions({ message }) {
  if (!message.reactions?.length) return null;
  return (
    <div class="reactions" role="group" aria-label={t("Reactions")}>
      {message.reactions.map((given) => (
        <Chip key={given.emoji} message={message} given={given} />
      ))}
    </div>
  );
}

/** @param {{message: Message, given: Reaction}} props */
function Chip({ message, given }) {
  const people = nt("{n} person", "{n} people", given.user_ids.length);
  const names = namesOf(given.user_ids).join(", ") || people;
  return (
    <button
      type="button"
      class="reaction"
      aria-pressed={hasReacted(message, given.emoji)}
      aria-disabled={bar.value !== null}
      aria-label={`${given.emoji} ${people}`}
      title={names}
      onClick={() => bar.value === null && react(message, given.emoji)}
    >
      <span class="emoji-glyph" aria-hidden="true">
        {given.emoji}
      </span>
      <span aria-hidden="true">{figure(given.user_ids.length)}</span>
    </button>
  );
}
