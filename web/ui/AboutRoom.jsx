/**
 * What a room is for, to everybody in it.
 *
 * @import {Room} from "../types"
 */

import { nt, t } from "../i18n/index.js";
import { rooms } from "../live/state.js";
import { Dialog } from "./Dialog.jsx";
import { closeDialog } from "./dialogs.js";
import { EmptyState } from "./EmptyState.jsx";

/** It follows what others change meanwhile. @param {{room: Room}} props */
export function AboutRoom({ room: { id } }) {
  const room = rooms.value?.get(id);
  if (!room) return null;
  return (
    <Dialog title={t("About this room")} onClose={closeDialog}>
      <div class="about-room">
        <h3 dir="auto">{room.name}</h3>
        <p class="dialog-text">{factsOf(room)}</p>
        {room.topic && <p dir="auto">{room.topic}</p>}
        {room.description && (
          <p class="room-description" dir="auto">
            {room.description}
          </p>
        )}
        {!room.topic && !room.description && (
          <EmptyState text={t("Nobody has written yet what this room is for.")} />
        )}
      </div>
    </Dialog>
  );
}

/** @param {Room} room */
function factsOf(room) {
  const facts = [
    room.visibility === "public" ? t("Public") : t("Private"),
    nt("{n} member", "{n} members", room.member_count),
    room.slow_mode_s > 0 && t("Slow mode"),
    room.is_archived && t("Archived"),
  ];
  return facts.filter(Boolean).join(" · ");
}
