/**
 * What is set of a room: its topic, description and pace by who watches over it, the rest by owners;
 * administrators say for how long it keeps its messages, and archive it.
 *
 * @import {ErrorBody, Room, RoomFacts} from "../types"
 */

import { useId, useState } from "preact/hooks";

import { boot } from "../boot.js";
import { t } from "../i18n/index.js";
import { archiveRoom, changeRoom, restoreRoom } from "../live/rooms.js";
import { useAct } from "./act.js";
import { Dialog } from "./Dialog.jsx";
import { closeDialog, show } from "./dialogs.js";
import { Buttons, Field, GeneralError, field } from "./form.jsx";
import { KeepMessages, keepDaysOf, removedBy, RemovalWarning } from "./KeepMessages.jsx";

const DESCRIPTION_MAX = 1000;

/** @type {() => {value: number, text: string}[]} */
const PACES = () => [
  { value: 0, text: t("Off") },
  { value: 10, text: t("10 seconds") },
  { value: 60, text: t("1 minute") },
  { value: 600, text: t("10 minutes") },
  { value: 3600, text: t("1 hour") },
];

/** @param {{room: Room}} props */
export function RoomSettings({ room }) {
  const { isBusy, error, act } = useAct();
  const isOwner = room.role === "owner";
  const isKeeper = isOwner || boot.is_admin;
  const [warned, setWarned] = useState({ count: 0, keepDays: 0 });
  const isWarned = warned.count > 0;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    act(async () => {
      const wish = wishOf(fields);
      const { keep_days: keepDays = room.keep_days } = wish;
      const count = isWarned ? 0 : await removedBy(room, keepDays);
      if (count > 0) return setWarned({ count, keepDays });
      await changeRoom(room.id, wish);
      closeDialog();
    });
  };
  return (
    <Dialog title={t("Room settings")} onClose={closeDialog}>
      <form onSubmit={submit}>
        <div hidden={isWarned}>
          {isOwner && (
            <Field
              name="name"
              label={t("Name")}
              max={boot.limits.name_max}
              error={error}
              value={room.name}
              required
            />
          )}
          {(isOwner || room.role === "moderator") && (
            <>
              <About room={room} error={error} />
              <Choices room={room} isOwner={isOwner} />
            </>
          )}
          {isKeeper && <KeepMessages room={room} />}
        </div>
        {isWarned && <RemovalWarning {...warned} />}
        <GeneralError error={error} named={["name", "topic"]} />
        <Buttons isBusy={isBusy} text={isWarned ? t("Delete") : t("Save")} isDanger={isWarned} />
      </form>
      <section class="dialog-section button-row" hidden={isWarned}>
        <button type="button" class="button" onClick={() => show({ kind: "bans", room })}>
          {t("Banned people")}
        </button>
        <button type="button" class="button" onClick={() => show({ kind: "log", room })}>
          {t("Log of this room")}
        </button>
        {isOwner && (
          <button type="button" class="button" onClick={() => show({ kind: "export", room })}>
            {t("Export this room")}
          </button>
        )}
      </section>
      {isKeeper && !isWarned && <Archive room={room} />}
    </Dialog>
  );
}

/** @param {{room: Room, error: ErrorBody | null}} props */
function About({ room, error }) {
  const id = useId();
  return (
    <>
      <Field
        name="topic"
        label={t("Topic (optional)")}
        max={boot.limits.topic_max}
        error={error}
        value={room.topic}
      />
      <div class="field">
        <label for={id}>{t("Description (optional)")}</label>
        <textarea
          id={id}
          name="description"
          rows={3}
          maxLength={DESCRIPTION_MAX}
          dir="auto"
          defaultValue={room.description}
        />
      </div>
    </>
  );
}

/** @param {{room: Room, isOwner: boolean}} props */
function Choices({ room, isOwner }) {
  const paceId = useId();
  const visibilityId = useId();
  return (
    <div class="field-pair">
      <div class="field">
        <label for={paceId}>{t("Slow mode: one message each")}</label>
        <select id={paceId} name="slow_mode_s" defaultValue={String(room.slow_mode_s)}>
          {PACES().map(({ value, text }) => (
            <option key={value} value={value} selected={value === room.slow_mode_s}>
              {text}
            </option>
          ))}
        </select>
      </div>
      {isOwner && (
        <div class="field">
          <label for={visibilityId}>{t("Who can join?")}</label>
          <select id={visibilityId} name="visibility">
            <option value="public" selected={room.visibility === "public"}>
              {t("Public")}
            </option>
            <option value="private" selected={room.visibility === "private"}>
              {t("Private")}
            </option>
          </select>
        </div>
      )}
    </div>
  );
}

/** @param {{room: Room}} props */
function Archive({ room }) {
  const { isBusy, error, act } = useAct();
  const turn = () =>
    act(async () => {
      await (room.is_archived ? restoreRoom(room) : archiveRoom(room));
      closeDialog();
    });
  return (
    <section class="dialog-section">
      <p class="dialog-text">
        {room.is_archived
          ? t("This room is archived: it can be read, and nobody writes there.")
          : t("An archived room can be read, and nobody writes there until it is restored.")}
      </p>
      <GeneralError error={error} named={[]} />
      <button type="button" class="button" disabled={isBusy} onClick={turn}>
        {room.is_archived ? t("Restore this room") : t("Archive this room")}
      </button>
    </section>
  );
}

/** What the form names, which is what the reader may set. @param {FormData} fields @returns {Partial<RoomFacts>} */
function wishOf(fields) {
  /** @type {Partial<RoomFacts>} */
  const wish = {};
  for (const name of /** @type {const} */ (["name", "topic", "description"]))
    if (fields.has(name)) wish[name] = field(fields, name);
  if (fields.has("slow_mode_s")) wish.slow_mode_s = Number(fields.get("slow_mode_s"));
  if (fields.has("visibility"))
    wish.visibility = fields.get("visibility") === "private" ? "private" : "public";
  if (fields.has("keep")) wish.keep_days = keepDaysOf(fields);
  return wish;
}
