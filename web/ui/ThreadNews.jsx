/** How many answers are unread: at a root, and at a room in the list. */

import { nt } from "../i18n/index.js";
import { newsIn, newsOf } from "../live/threads.js";
import { Icon } from "./Icon.jsx";

/** @param {{rootId: string}} props */
export function ThreadNews({ rootId }) {
  return <Badge {...newsOf(rootId)} />;
}

/** @param {{roomId: string}} props */
export function RoomThreads({ roomId }) {
  return <Badge {...newsIn(roomId)} hasIcon />;
}

/** @param {{unread: number, mentions: number, hasIcon?: boolean}} props */
function Badge({ unread, mentions, hasIcon = false }) {
  if (unread === 0) return null;
  const words = wordsOf(unread, mentions);
  return (
    <span class={`badge is-thread${mentions > 0 ? " is-mention" : ""}`} title={words}>
      <span aria-hidden="true">
        {hasIcon && <Icon name="thread" size={12} />}
        {mentions > 0 ? `@${mentions > 1 ? mentions : ""}` : unread > 99 ? "99+" : unread}
      </span>
      <span class="visually-hidden">{words}</span>
    </span>
  );
}

/** @param {number} unread @param {number} mentions */
function wordsOf(unread, mentions) {
  const answers = nt("{n} unread answer", "{n} unread answers", unread);
  if (mentions === 0) return answers;
  return `${answers}, ${nt("{n} mention of you", "{n} mentions of you", mentions)}`;
}
