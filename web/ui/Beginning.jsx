/**
 * What stands above the oldest message of a room: where it begins, and what it keeps no more.
 *
 * @import {Room} from "../types"
 */

import { nt, t } from "../i18n/index.js";
import { show } from "./dialogs.js";
import { Icon } from "./Icon.jsx";
import { keptDays } from "./keeping.js";
import { signOf } from "./roomSign.js";

/** @param {{room: Room}} props */
export function Beginning({ room }) {
  const days = keptDays(room.keep_days);
  return (
    <div class="beginning">
      <span class="empty-icon">
        <Icon name={signOf(room)} size={26} />
      </span>
      <h2 dir="auto">{room.name}</h2>
      {room.first_seq > 1 ? !days && <p>{t("Older messages were removed.")}</p> : beginningOf(room)}
      {days > 0 && (
        <p>
          {nt(
            "Messages older than {n} day are removed.",
            "Messages older than {n} days are removed.",
            days,
          )}
        </p>
      )}
      {room.visibility === "private" && room.kind === "room" && (
        <button type="button" class="button" onClick={() => show({ kind: "add", room })}>
          <Icon name="addPerson" size={18} />
          {t("Add someone")}
        </button>
      )}
    </div>
  );
}

/** @param {Room} room */
function beginningOf(room) {
  if (room.kind === "direct")
    return <p>{t("This is the beginning of your conversation. Nobody else can see it.")}</p>;
  return room.visibility === "private" ? (
    <p>{t("This is the beginning of this private room. Only its members can see it.")}</p>
  ) : (
    <p>{t("This is the beginning of this room. Everybody here can join it.")}</p>
  );
}
