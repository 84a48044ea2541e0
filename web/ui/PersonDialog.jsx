/**
 * One person of a room: to write to, and for those who keep order what can be done.
 *
 * @import {Role, Room, RoomMember} from "../types"
 */

import { useEffect, useState } from "preact/hooks";

import { get, patch, post, remove } from "../api.js";
import { boot } from "../boot.js";
import { t } from "../i18n/index.js";
import { wholeTime } from "../i18n/times.js";
import { openDirect } from "../live/rooms.js";
import { open } from "../live/route.js";
import { roster } from "../live/state.js";
import { statusOf } from "../store/roster.js";
import { useAct } from "./act.js";
import { Avatar } from "./Avatar.jsx";
import { Dialog } from "./Dialog.jsx";
import { closeDialog } from "./dialogs.js";
import { Buttons, Field, GeneralError, field } from "./form.jsx";
import { StatusDot, statusWord } from "./StatusDot.jsx";

/** The highest first: who is to be kept in order must stand below. @type {Role[]} */
const RANKS = ["owner", "moderator", "member", "read_only"];
const HOUR_S = 3600;

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
      {member && mayKeep(room, member) && <Keeping room={room} member={member} reload={reload} />}
    </Dialog>
  );
}

/** @param {{room: Room, member: RoomMember, reload: () => Promise<void>}} props */
function Keeping({ room, member, reload }) {
  const [banning, setBanning] = useState(/** @type {"" | "room" | "everywhere"} */ (""));
  const { isBusy, error, act } = useAct();
  const of = `/api/v1/rooms/${room.id}`;
  const isMuted = (member.muted_until_ms ?? 0) > Date.now();
  const mute = () => post(`${of}/mutes`, { user_id: member.user_id, duration_s: HOUR_S });
  const unmute = () => remove(`${of}/mutes/${member.user_id}`);
  const kick = async () => {
    await remove(`${of}/members/${member.user_id}`);
    closeDialog();
  };
  return (
    <section class="dialog-section">
      {(room.role === "owner" || boot.is_admin) && (
        <RoleChoice
          role={member.role}
          onChoose={(role) =>
            act(async () => {
              await patch(`${of}/members/${member.user_id}`, { role });
              await reload();
            })
          }
        />
      )}
      {isMuted && (
        <p class="dialog-text">
          {t("Muted until {time}.", { time: wholeTime(member.muted_until_ms ?? 0) })}
        </p>
      )}
      <GeneralError error={error} named={["reason"]} />
      {banning ? (
        <BanForm room={room} member={member} scope={banning} />
      ) : (
        <div class="button-row">
          <button
            type="button"
            class="button"
            disabled={isBusy}
            onClick={() => act(async () => void (await (isMuted ? unmute() : mute()), reload()))}
          >
            {isMuted ? t("Unmute") : t("Mute for an hour")}
          </button>
          <button type="button" class="button" disabled={isBusy} onClick={() => act(kick)}>
            {t("Remove from the room")}
          </button>
          <button type="button" class="button is-danger" onClick={() => setBanning("room")}>
            {t("Ban…")}
          </button>
          {boot.is_admin && (
            <button type="button" class="button is-danger" onClick={() => setBanning("everywhere")}>
              {t("Ban from everywhere…")}
            </button>
          )}
        </div>
      )}
    </section>
  );
}

/** @param {{role: Role, onChoose: (role: Role) => void}} props */
function RoleChoice({ role, onChoose }) {
  return (
    <label class="field">
      {t("Role")}
      <select
        value={role}
        onChange={(event) => onChoose(/** @type {Role} */ (event.currentTarget.value))}
      >
        {RANKS.map((one) => (
          <option key={one} value={one} selected={one === role}>
            {roleWord(one)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** @param {{room: Room, member: RoomMember, scope: "room" | "everywhere"}} props */
function BanForm({ room, member, scope }) {
  const { isBusy, error, act } = useAct();
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const length = field(fields, "duration_s");
    act(async () => {
      await post(`/api/v1/rooms/${room.id}/bans`, {
        user_id: member.user_id,
        scope,
        reason: field(fields, "reason"),
        duration_s: length === "" ? null : Number(length),
      });
      closeDialog();
    });
  };
  return (
    <form onSubmit={submit}>
      {scope === "everywhere" && (
        <p class="dialog-text">
          {t("Their devices are signed out at once, and nobody can sign in to this account.")}
        </p>
      )}
      <Field name="reason" label={reasonLabel(scope)} max={250} error={error} />
      <label class="field">
        {t("Banned for")}
        <select name="duration_s">
          <option value={HOUR_S}>{t("1 hour")}</option>
          <option value={24 * HOUR_S}>{t("1 day")}</option>
          <option value={7 * 24 * HOUR_S}>{t("7 days")}</option>
          <option value="">{t("For ever")}</option>
        </select>
      </label>
      <GeneralError error={error} named={["reason"]} />
      <Buttons isBusy={isBusy} text={banWord(scope)} isDanger />
    </form>
  );
}

/** @param {"room" | "everywhere"} scope */
function reasonLabel(scope) {
  return scope === "room" ? t("Reason (in the room's log)") : t("Reason (administrators see it)");
}

/** @param {"room" | "everywhere"} scope */
function banWord(scope) {
  return scope === "room" ? t("Ban from the room") : t("Ban from everywhere");
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

/** @param {Role} role */
export function roleWord(role) {
  const words = {
    owner: t("Owner"),
    moderator: t("Moderator"),
    member: t("Member"),
    read_only: t("May only read"),
  };
  return words[role];
}
