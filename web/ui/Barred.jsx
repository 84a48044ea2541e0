/**
 * Why one may not write in the room, how long still, and who can change it.
 *
 * @import {Room} from "../types"
 * @import {Bar} from "../store/rooms.js"
 */

import { useEffect, useRef } from "preact/hooks";

import { boot } from "../boot.js";
import { nt, t } from "../i18n/index.js";
import { endTime } from "../i18n/times.js";
import { restoreRoom } from "../live/rooms.js";
import { spoken } from "../live/state.js";
import { useAct } from "./act.js";
import { GeneralError } from "./form.jsx";
import { Icon } from "./Icon.jsx";

const MINUTE_MS = 60_000;
/** Of a longer mute the minutes say less than its end. */
const COUNTED_MIN = 120;

/**
 * It is there while nothing is barred, too: what changes is spoken.
 *
 * @param {{id: string, room: Room, bar: Bar | null, nowMs: number}} props
 */
export function Barred({ id, room, bar, nowMs }) {
  const told = useRef(bar);
  const text = bar ? sentencesOf(bar, room, nowMs) : "";
  useEffect(() => {
    if (told.current !== bar) spoken.value = text || t("You can write here again.");
    told.current = bar;
  }, [bar]);
  if (bar === null) return null;
  const mayRestore = bar === "archived" && (room.role === "owner" || boot.is_admin);
  return (
    <div class="bar-note">
      <Icon name={bar === "muted" ? "clock" : "lock"} size={16} />
      <p id={id}>{text}</p>
      {mayRestore && <Restore room={room} />}
    </div>
  );
}

/** @param {{room: Room}} props */
function Restore({ room }) {
  const { isBusy, error, act } = useAct();
  const restore = () => act(() => restoreRoom(room));
  return (
    <>
      <GeneralError error={error} named={[]} />
      <button type="button" class="link-button" disabled={isBusy} onClick={restore}>
        {t("Restore this room")}
      </button>
    </>
  );
}

/** @param {Bar} bar @param {Room} room @param {number} nowMs */
function sentencesOf(bar, room, nowMs) {
  if (bar === "muted") return mutedSentences(room, nowMs);
  if (bar === "archived")
    return t(
      "This room is archived: nobody writes here until an owner or an administrator restores it.",
    );
  return t("You may only read in this room. An owner can let you write.");
}

/** @param {Room} room @param {number} nowMs */
function mutedSentences({ role, muted_until_ms: untilMs = 0 }, nowMs) {
  const minutes = Math.ceil((untilMs - nowMs) / MINUTE_MS);
  const end = t("You are muted in this room until {time}.", { time: endTime(untilMs, nowMs) });
  const left = nt("{n} more minute.", "{n} more minutes.", minutes);
  return [end, minutes <= COUNTED_MIN && left, lifterOf(role)].filter(Boolean).join(" ");
}

/** Who outranks the reader. @param {Room["role"]} role */
function lifterOf(role) {
  if (role === "owner") return t("An administrator can lift it earlier.");
  if (role === "moderator") return t("An owner can lift it earlier.");
  return t("An owner or a moderator can lift it earlier.");
}
