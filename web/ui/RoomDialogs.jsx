/**
 * Everything that is done to rooms in a dialog.
 *
 * @import {ErrorBody, Room} from "../types"
 */

import { useId } from "preact/hooks";

import { boot } from "../boot.js";
import { sentenceOf } from "../errors.js";
import { t } from "../i18n/index.js";
import { addMember, createRoom, leaveRoom } from "../live/rooms.js";
import { open } from "../live/route.js";
import { useAct } from "./act.js";
import { BrowseRooms } from "./BrowseRooms.jsx";
import { Dialog } from "./Dialog.jsx";
import { closeDialog, dialog } from "./dialogs.js";
import { Icon } from "./Icon.jsx";
import { StatusDialog } from "./StatusDialog.jsx";

export function RoomDialogs() {
  const which = dialog.value;
  if (which?.kind === "create") return <CreateRoom />;
  if (which?.kind === "browse") return <BrowseRooms />;
  if (which?.kind === "status") return <StatusDialog />;
  if (which?.kind === "add") return <AddMember room={which.room} />;
  if (which?.kind === "leave") return <LeaveRoom room={which.room} />;
  return null;
}

function CreateRoom() {
  const { isBusy, error, act } = useAct();
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const wish = {
      name: field(fields, "name"),
      visibility: field(fields, "visibility"),
      topic: field(fields, "topic"),
    };
    act(async () => {
      const room = await createRoom(wish);
      closeDialog();
      open(room.id);
    });
  };
  return (
    <Dialog title={t("Create a room")} onClose={closeDialog}>
      <form onSubmit={submit}>
        <Field name="name" label={t("Name")} max={boot.limits.name_max} error={error} required />
        <Field
          name="topic"
          label={t("Topic (optional)")}
          max={boot.limits.topic_max}
          error={error}
        />
        <Visibility />
        <GeneralError error={error} named={["name", "topic"]} />
        <Buttons isBusy={isBusy} text={t("Create room")} />
      </form>
    </Dialog>
  );
}

function Visibility() {
  return (
    <fieldset class="cards">
      <legend>{t("Who can join?")}</legend>
      <Card
        value="public"
        icon="hash"
        title={t("Public")}
        text={t("Everybody here can find it and join.")}
        isChosen
      />
      <Card
        value="private"
        icon="lock"
        title={t("Private")}
        text={t("Only people who were added can see it.")}
      />
    </fieldset>
  );
}

/** @param {{value: string, icon: string, title: string, text: string, isChosen?: boolean}} props */
function Card({ value, icon, title, text, isChosen = false }) {
  return (
    <label class="card">
      <input type="radio" name="visibility" value={value} defaultChecked={isChosen} />
      <Icon name={icon} />
      <span>
        <strong>{title}</strong>
        <small>{text}</small>
      </span>
    </label>
  );
}

/** @param {{room: Room}} props */
function AddMember({ room }) {
  const { isBusy, error, act } = useAct();
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const username = field(fields, "username").replace(/^@/, "");
    act(async () => {
      await addMember(room.id, username);
      closeDialog();
    });
  };
  const asField =
    error?.code === "not_found"
      ? { ...error, field: "username", message: t("Nobody here has this username.") }
      : error;
  return (
    <Dialog title={t("Add someone to {room}", { room: room.name })} onClose={closeDialog}>
      <form onSubmit={submit}>
        <Field
          name="username"
          label={t("Username")}
          max={boot.limits.username_max + 1}
          error={asField}
          required
        />
        <GeneralError error={asField} named={["username"]} />
        <Buttons isBusy={isBusy} text={t("Add")} />
      </form>
    </Dialog>
  );
}

/** @param {{room: Room}} props */
function LeaveRoom({ room }) {
  const { isBusy, error, act } = useAct();
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    act(async () => {
      await leaveRoom(room.id);
      closeDialog();
    });
  };
  return (
    <Dialog title={t("Leave {room}?", { room: room.name })} onClose={closeDialog}>
      <form onSubmit={submit}>
        <p class="dialog-text">
          {room.visibility === "private"
            ? t("Only a member can add you to this private room again.")
            : t("You can join again at any time.")}
        </p>
        <GeneralError error={error} named={[]} />
        <Buttons isBusy={isBusy} text={t("Leave room")} isDanger />
      </form>
    </Dialog>
  );
}

/**
 * @param {{name: string, label: string, max: number, error: ErrorBody | null, required?: boolean}} props
 */
function Field({ name, label, max, error, required = false }) {
  const isWrong = error?.field === name || (name === "name" && error?.code === "room_name_taken");
  const id = useId();
  const errorId = `${id}-error`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        maxLength={max}
        required={required}
        autoComplete="off"
        dir="auto"
        aria-invalid={isWrong}
        aria-describedby={isWrong ? errorId : undefined}
      />
      {isWrong && error && (
        <small id={errorId} class="form-error" role="alert">
          {sentenceOf(error)}
        </small>
      )}
    </div>
  );
}

/**
 * A refusal that belongs to no field on the form.
 *
 * @param {{error: ErrorBody | null, named: string[]}} props
 */
function GeneralError({ error, named }) {
  if (error === null || named.includes(error.field ?? "") || error.code === "room_name_taken")
    return null;
  return (
    <p class="form-error" role="alert">
      {sentenceOf(error)}
    </p>
  );
}

/** @param {{isBusy: boolean, text: string, isDanger?: boolean}} props */
function Buttons({ isBusy, text, isDanger = false }) {
  return (
    <div class="dialog-buttons">
      <button type="button" class="button" onClick={closeDialog}>
        {t("Cancel")}
      </button>
      <button
        type="submit"
        class={`button ${isDanger ? "is-danger" : "is-primary"}`}
        disabled={isBusy}
      >
        {text}
      </button>
    </div>
  );
}

/** @param {FormData} fields @param {string} name */
function field(fields, name) {
  return String(fields.get(name) ?? "").trim();
}
