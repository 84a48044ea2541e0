/**
 * Everything that is done to rooms in a dialog.
 *
 * @import {Room} from "../types"
 */

import { boot } from "../boot.js";
import { t } from "../i18n/index.js";
import { addMember, createRoom, leaveRoom } from "../live/rooms.js";
import { open } from "../live/route.js";
import { AboutRoom } from "./AboutRoom.jsx";
import { useAct } from "./act.js";
import { Bans } from "./Bans.jsx";
import { BrowseRooms } from "./BrowseRooms.jsx";
import { DateDialog } from "./DateDialog.jsx";
import { Dialog } from "./Dialog.jsx";
import { closeDialog, dialog } from "./dialogs.js";
import { DirectDialog } from "./DirectDialog.jsx";
import { ExportRoom } from "./ExportRoom.jsx";
import { Buttons, Field, GeneralError, field } from "./form.jsx";
import { Icon } from "./Icon.jsx";
import { Invites } from "./Invites.jsx";
import { PersonDialog } from "./PersonDialog.jsx";
import { RoomLog } from "./RoomLog.jsx";
import { RoomSettings } from "./RoomSettings.jsx";
import { ShortcutsDialog } from "./ShortcutsDialog.jsx";
import { StatusDialog } from "./StatusDialog.jsx";
import { Switcher } from "./Switcher.jsx";

export function RoomDialogs() {
  const which = dialog.value;
  if (which?.kind === "switch") return <Switcher />;
  if (which?.kind === "shortcuts") return <ShortcutsDialog />;
  if (which?.kind === "create") return <CreateRoom />;
  if (which?.kind === "browse") return <BrowseRooms />;
  if (which?.kind === "status") return <StatusDialog />;
  if (which?.kind === "direct") return <DirectDialog />;
  if (which?.kind === "about") return <AboutRoom room={which.room} />;
  if (which?.kind === "settings") return <RoomSettings room={which.room} />;
  if (which?.kind === "invites") return <Invites room={which.room} />;
  if (which?.kind === "bans") return <Bans room={which.room} />;
  if (which?.kind === "log") return <RoomLog room={which.room} />;
  if (which?.kind === "export") return <ExportRoom room={which.room} />;
  if (which?.kind === "person") return <PersonDialog room={which.room} userId={which.userId} />;
  if (which?.kind === "add") return <AddMember room={which.room} />;
  if (which?.kind === "date") return <DateDialog room={which.room} />;
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
