/**
 * Everything that is done to rooms in a dialog.
 *
 * @import {ErrorBody, Room} from "../types"
 */

import { useId, useState } from "preact/hooks";

import { errorOf } from "../api.js";
import { boot } from "../boot.js";
import { sentenceOf } from "../errors.js";
import { nt, t } from "../i18n/index.js";
import { byName } from "../i18n/times.js";
import { addMember, createRoom, joinRoom, leaveRoom } from "../live/rooms.js";
import { open } from "../live/route.js";
import { rooms } from "../live/state.js";
import { Dialog } from "./Dialog.jsx";
import { closeDialog, dialog, show } from "./dialogs.js";
import { EmptyState } from "./EmptyState.jsx";
import { Icon } from "./Icon.jsx";

export function RoomDialogs() {
  const which = dialog.value;
  if (which?.kind === "create") return <CreateRoom />;
  if (which?.kind === "browse") return <BrowseRooms />;
  if (which?.kind === "add") return <AddMember room={which.room} />;
  if (which?.kind === "leave") return <LeaveRoom room={which.room} />;
  return null;
}

/** One act of the server at a time, with its refusal. */
function useAct() {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState(/** @type {ErrorBody | null} */ (null));
  const act = async (/** @type {() => Promise<void>} */ deed) => {
    setBusy(true);
    setError(null);
    await deed().catch((thrown) => setError(errorOf(thrown)));
    setBusy(false);
  };
  return { isBusy, error, act };
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
        <GeneralError error={error} named={["name", "topic"]} />
        <Buttons isBusy={isBusy} text={t("Create room")} />
      </form>
    </Dialog>
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

function BrowseRooms() {
  const [typed, setTyped] = useState("");
  const wanted = typed.trim().toLocaleLowerCase();
  const all = [...(rooms.value?.values() ?? [])].filter((room) => room.visibility === "public");
  const found = all.filter((room) =>
    `${room.name}\n${room.topic}`.toLocaleLowerCase().includes(wanted),
  );
  found.sort((a, b) => byName(a.name, b.name));
  return (
    <Dialog title={t("Browse rooms")} onClose={closeDialog}>
      {all.length > 0 && (
        <label class="search-field">
          <Icon name="search" size={18} />
          <input
            type="search"
            value={typed}
            placeholder={t("Find a room")}
            aria-label={t("Find a room")}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
      )}
      {found.length > 0 && (
        <ul class="browse-list">
          {found.map((room) => (
            <BrowseLine key={room.id} room={room} />
          ))}
        </ul>
      )}
      {found.length === 0 && (
        <EmptyState
          text={
            all.length > 0
              ? t("No public room has this in its name or topic.")
              : t("There is no public room yet.")
          }
          action={t("Create a room")}
          onAction={() => show({ kind: "create" })}
        />
      )}
    </Dialog>
  );
}

/** @param {{room: Room}} props */
function BrowseLine({ room }) {
  const { isBusy, error, act } = useAct();
  const go = () => {
    closeDialog();
    open(room.id);
  };
  const join = () =>
    act(async () => {
      await joinRoom(room);
      go();
    });
  return (
    <li class="browse-line">
      <Icon name="hash" size={18} />
      <div class="browse-what">
        <strong dir="auto">{room.name}</strong>
        {room.topic && <p dir="auto">{room.topic}</p>}
        <small>{nt("{n} member", "{n} members", room.member_count)}</small>
        {error && (
          <p class="form-error" role="alert">
            {sentenceOf(error)}
          </p>
        )}
      </div>
      {room.is_member ? (
        <button
          type="button"
          class="button"
          onClick={go}
          aria-label={t("Open {room}", { room: room.name })}
        >
          {t("Open")}
        </button>
      ) : (
        <button
          type="button"
          class="button is-primary"
          disabled={isBusy}
          onClick={join}
          aria-label={t("Join {room}", { room: room.name })}
        >
          {t("Join")}
        </button>
      )}
    </li>
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
