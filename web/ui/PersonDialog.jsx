/**
 * One person of a room: to write to, and for those who keep order what can be done.
 *
 * @import {Room, RoomMember} from "../types"
 */

import { useEffect, useState } from "preact/hooks";

import { get } from "../api.js";
import { boot } from "../boot.js";
import { t } from "../i18n/index.js";
import { openDirect } from "../live/rooms.js";
import { open } from "../live/route.js";
import { roster } from "../live/state.js";
import { statusOf } from "../store/roster.js";
import { useAct } from "./act.js";
import { Avatar } from "./Avatar.jsx";
import { Dialog } from "./Dialog.jsx";
import { closeDialog } from "./dialogs.js";
import { GeneralError } from "./form.jsx";
import { KeepOrder, RANKS, roleWord } from "./KeepOrder.jsx";
import { StatusDot, statusWord } from "./StatusDot.jsx";

/** @param {{room: Room, userId: string}} props */
export function PersonDialog({ room, userId }) {
  const person = roster.value.people.get(userId);
  const { member, reload } = useMember(room, userId);
  const { isBusy, error, act } = useAct();
  const name = person?.display_name ?? member?.display_name ?? "";
  const status = statusOf(roster.value, userId);
  const write = () =>
    act(async () => {
      const direct = await openDirect([userId]);
      closeDialog();
      open(direct.id);
    });
  return (
    <Dialog title={name} onClose={closeDialog}>
      <p class="person-card">
        <span class="avatar-place">
          <Avatar id={userId} name={name} />
          <StatusDot status={status} />
        </span>
        <span>
          @{person?.username ?? member?.username} · {statusWord(status)}
          {member && <small> · {roleWord(member.role)}</small>}
        </span>
      </p>
      <GeneralError error={error} named={[]} />
      <button type="button" class="button is-primary" disabled={isBusy} onClick={write}>
        {t("Write to {name}", { name })}
      </button>
      {member && mayKeep(room, member) && <KeepOrder room={room} member={member} reload={reload} />}
    </Dialog>
  );
}

/** The person's place in the room; null until it came. @param {Room} room @param {string} userId */
function useMember(room, userId) {
  const [member, setMember] = useState(/** @type {RoomMember | null} */ (null));
  const reload = async () => {
    const answer = await get(`/api/v1/rooms/${room.id}/members`).catch(() => ({ members: [] }));
    const found = answer.members.find((/** @type {RoomMember} */ one) => one.user_id === userId);
    setMember(found ?? null);
  };
  useEffect(() => {
    reload();
  }, [room.id, userId]);
  return { member, reload };
}

/** Administrators keep order in every room, but not in direct ones. @param {Room} room @param {RoomMember} member */
function mayKeep({ role: mine, kind }, { role: theirs }) {
  const isKeeper = mine === "owner" || mine === "moderator";
  const outranks = isKeeper && RANKS.indexOf(mine) < RANKS.indexOf(theirs);
  return outranks || (boot.is_admin && kind === "room");
}
