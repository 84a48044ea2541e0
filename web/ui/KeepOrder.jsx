/**
 * What those who keep order in a room do to a member.
 *
 * @import {Role, Room, RoomMember} from "../types"
 */

import { useState } from "preact/hooks";

import { patch, post, remove } from "../api.js";
import { boot } from "../boot.js";
import { t } from "../i18n/index.js";
import { wholeTime } from "../i18n/times.js";
import { useAct } from "./act.js";
import { closeDialog } from "./dialogs.js";
import { Field, GeneralError, field } from "./form.jsx";

/** The highest first: who is to be kept in order must stand below. @type {Role[]} */
export const RANKS = ["owner", "moderator", "member", "read_only"];
const REASON_MAX = 250;
const HOUR_S = 3600;

/** @typedef {"mute" | "kick" | "ban" | "ban_everywhere"} Deed */

/** @param {{room: Room, member: RoomMember, reload: () => Promise<void>}} props */
export function KeepOrder({ room, member, reload }) {
  const [deed, setDeed] = useState(/** @type {Deed | null} */ (null));
  const { isBusy, error, act } = useAct();
  const of = `/api/v1/rooms/${room.id}`;
  const isMuted = (member.muted_until_ms ?? 0) > Date.now();
  const change = (/** @type {() => Promise<unknown>} */ ask) =>
    act(async () => void (await ask(), await reload()));
  const done = async () => {
    setDeed(null);
    if (deed === "mute") await reload();
    else closeDialog();
  };
  return (
    <section class="dialog-section">
      {!deed && (room.role === "owner" || boot.is_admin) && (
        <RoleChoice
          role={member.role}
          onChoose={(role) => change(() => patch(`${of}/members/${member.user_id}`, { role }))}
        />
      )}
      {isMuted && (
        <p class="dialog-text">
          {t("Muted until {time}.", { time: wholeTime(member.muted_until_ms ?? 0) })}
        </p>
      )}
      <GeneralError error={error} named={[]} />
      {deed ? (
        <DeedForm
          deed={deed}
          ask={(reason, lengthS) => asked(deed, of, member.user_id, reason, lengthS)}
          onDone={done}
          onCancel={() => setDeed(null)}
        />
      ) : (
        <Deeds
          isMuted={isMuted}
          isBusy={isBusy}
          onChoose={setDeed}
          onUnmute={() => change(() => remove(`${of}/mutes/${member.user_id}`))}
        />
      )}
    </section>
  );
}

/**
 * @param {{
 *   isMuted: boolean, isBusy: boolean, onChoose: (deed: Deed) => void, onUnmute: () => void,
 * }} props
 */
function Deeds({ isMuted, isBusy, onChoose, onUnmute }) {
  return (
    <div class="button-row">
      {isMuted ? (
        <button type="button" class="button" disabled={isBusy} onClick={onUnmute}>
          {t("Unmute")}
        </button>
      ) : (
        <Opener text={t("Mute…")} onPress={() => onChoose("mute")} />
      )}
      <Opener text={t("Remove from the room…")} onPress={() => onChoose("kick")} />
      <Opener text={t("Ban…")} onPress={() => onChoose("ban")} isDanger />
      {boot.is_admin && (
        <Opener
          text={t("Ban from everywhere…")}
          onPress={() => onChoose("ban_everywhere")}
          isDanger
        />
      )}
    </div>
  );
}

/** @param {{text: string, onPress: () => void, isDanger?: boolean}} props */
function Opener({ text, onPress, isDanger = false }) {
  return (
    <button type="button" class={`button${isDanger ? " is-danger" : ""}`} onClick={onPress}>
      {text}
    </button>
  );
}

/**
 * It is done. Rejects with Refusal.
 *
 * @param {Deed} deed
 * @param {string} of the room's path
 * @param {string} userId
 * @param {string} reason
 * @param {number | null} lengthS null: until it is lifted
 */
function asked(deed, of, userId, reason, lengthS) {
  if (deed === "kick")
    return remove(`${of}/members/${userId}?reason=${encodeURIComponent(reason)}`);
  const wish = { user_id: userId, reason, duration_s: lengthS };
  if (deed === "mute") return post(`${of}/mutes`, wish);
  return post(`${of}/bans`, { ...wish, scope: deed === "ban" ? "room" : "everywhere" });
}

/**
 * @param {{
 *   deed: Deed, ask: (reason: string, lengthS: number | null) => Promise<unknown>,
 *   onDone: () => Promise<void>, onCancel: () => void,
 * }} props
 */
function DeedForm({ deed, ask, onDone, onCancel }) {
  const { isBusy, error, act } = useAct();
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const length = field(fields, "duration_s");
    act(async () => {
      await ask(field(fields, "reason"), length === "" ? null : Number(length));
      await onDone();
    });
  };
  return (
    <form onSubmit={submit}>
      {deed === "ban_everywhere" && (
        <p class="dialog-text">
          {t("Their devices are signed out at once, and nobody can sign in to this account.")}
        </p>
      )}
      <Field name="reason" label={reasonLabel(deed)} max={REASON_MAX} error={error} />
      {deed !== "kick" && <Lengths deed={deed} />}
      <GeneralError error={error} named={["reason"]} />
      <div class="dialog-buttons">
        <button type="button" class="button" onClick={onCancel}>
          {t("Cancel")}
        </button>
        <button type="submit" class="button is-danger" disabled={isBusy}>
          {deedWord(deed)}
        </button>
      </div>
    </form>
  );
}

/** A mute ends; a ban need not. @param {{deed: Deed}} props */
function Lengths({ deed }) {
  return (
    <label class="field">
      {deed === "mute" ? t("Muted for") : t("Banned for")}
      <select name="duration_s">
        {deed === "mute" && <option value={HOUR_S / 6}>{t("10 minutes")}</option>}
        <option value={HOUR_S}>{t("1 hour")}</option>
        <option value={24 * HOUR_S}>{t("1 day")}</option>
        <option value={7 * 24 * HOUR_S}>{t("7 days")}</option>
        {deed !== "mute" && <option value="">{t("For ever")}</option>}
      </select>
    </label>
  );
}

/**
 * Nothing happens before the button: by keys one passes other roles on the way to the wanted one.
 *
 * @param {{role: Role, onChoose: (role: Role) => void}} props
 */
function RoleChoice({ role, onChoose }) {
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    onChoose(/** @type {Role} */ (field(fields, "role")));
  };
  return (
    <form class="role-choice" onSubmit={submit}>
      <label class="field">
        {t("Role")}
        <select key={role} name="role">
          {RANKS.map((one) => (
            <option key={one} value={one} selected={one === role}>
              {roleWord(one)}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="button">
        {t("Change the role")}
      </button>
    </form>
  );
}

/** @param {Deed} deed */
function reasonLabel(deed) {
  return deed === "ban_everywhere"
    ? t("Reason (administrators see it)")
    : t("Reason (in the room's log)");
}

/** @param {Deed} deed */
function deedWord(deed) {
  const words = {
    mute: t("Mute"),
    kick: t("Remove from the room"),
    ban: t("Ban from the room"),
    ban_everywhere: t("Ban from everywhere"),
  };
  return words[deed];
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
