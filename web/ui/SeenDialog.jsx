/**
 * Everybody who let know that he has read a message, in the order of names; it follows live.
 *
 * @import {Message} from "../types"
 */

import { boot } from "../boot.js";
import { t } from "../i18n/index.js";
import { byName } from "../i18n/times.js";
import { receipts } from "../live/receipts.js";
import { members, roster } from "../live/state.js";
import { readersOf } from "../store/receipts.js";
import { statusOf } from "../store/roster.js";
import { Avatar } from "./Avatar.jsx";
import { Dialog } from "./Dialog.jsx";
import { closeDialog } from "./dialogs.js";
import { EmptyState } from "./EmptyState.jsx";
import { StatusDot } from "./StatusDot.jsx";

/** @param {{message: Message}} props */
export function SeenDialog({ message }) {
  const readers = peopleWhoRead(message);
  return (
    <Dialog title={t("Seen by")} onClose={closeDialog}>
      <blockquote class="dialog-quote" dir="auto">
        {message.body}
      </blockquote>
      {readers.length === 0 && (
        <EmptyState text={t("Nobody has let it be known yet that they have read this.")} />
      )}
      <ul class="seen-list">
        {readers.map((one) => (
          <li key={one.user_id} class="seen-one">
            <span class="avatar-place">
              <Avatar id={one.user_id} name={one.display_name} size="small" />
              <StatusDot status={statusOf(roster.value, one.user_id)} />
            </span>
            <strong dir="auto">{one.display_name}</strong>
            <small>@{one.username}</small>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

/** @param {Message} message */
function peopleWhoRead({ room_id: roomId, author_id: authorId, seq }) {
  const within = members.value.get(roomId);
  return readersOf(receipts.value.get(roomId) ?? new Map(), seq)
    .filter((id) => id !== authorId && id !== boot.user.id && within?.has(id))
    .flatMap((id) => roster.value.people.get(id) ?? [])
    .toSorted((a, b) => byName(a.display_name, b.display_name));
}
