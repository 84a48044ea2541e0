/**
 * The public rooms: found by a word, joined by a click. Administrators come to the settings of those
 * that are not theirs, too.
 *
 * @import {Room} from "../types"
 */

import { useEffect, useState } from "preact/hooks";

import { boot } from "../boot.js";
import { sentenceOf } from "../errors.js";
import { nt, t } from "../i18n/index.js";
import { byName } from "../i18n/times.js";
import { joinRoom, loadRooms } from "../live/rooms.js";
import { open } from "../live/route.js";
import { rooms } from "../live/state.js";
import { useAct } from "./act.js";
import { Dialog } from "./Dialog.jsx";
import { closeDialog, show } from "./dialogs.js";
import { EmptyState } from "./EmptyState.jsx";
import { Icon } from "./Icon.jsx";
import { signOf } from "./roomSign.js";

export function BrowseRooms() {
  const [typed, setTyped] = useState("");
  const [asksArchived, setArchived] = useState(false);
  useEffect(() => {
    loadRooms(); // rooms that others made since are told to nobody
  }, []);
  const known = [...(rooms.value?.values() ?? [])];
  const archived = known.filter(wasMine);
  const isArchived = asksArchived && archived.length > 0; // the last one was restored meanwhile
  const all = isArchived ? archived : known.filter(isOpen);
  const found = all.filter((room) => has(room, typed)).sort((a, b) => byName(a.name, b.name));
  return (
    <Dialog title={t("Browse rooms")} onClose={closeDialog}>
      {all.length > 0 && <SearchField value={typed} onChange={setTyped} />}
      {archived.length > 0 && (
        <label class="switch">
          <input type="checkbox" checked={isArchived} onChange={() => setArchived(!isArchived)} />
          <span>{boot.is_admin ? t("Archived rooms") : t("Your archived rooms")}</span>
        </label>
      )}
      {found.length > 0 ? (
        <ul class="browse-list">
          {found.map((room) => (
            <RoomLine key={room.id} room={room} />
          ))}
        </ul>
      ) : (
        <NothingFound hasRooms={all.length > 0} />
      )}
    </Dialog>
  );
}

/** Everybody may join it, or has. @param {Room} room */
function isOpen({ visibility, is_archived: isArchived }) {
  return visibility === "public" && !isArchived;
}

/** A room put away that the reader can open, or restore. @param {Room} room */
function wasMine({ is_member: isMine, is_archived: isArchived }) {
  return (isMine || boot.is_admin) && isArchived;
}

/** @param {Room} room @param {string} typed */
function has(room, typed) {
  const text = `${room.name}\n${room.topic}`.toLocaleLowerCase();
  return text.includes(typed.trim().toLocaleLowerCase());
}

/** @param {{value: string, onChange: (typed: string) => void}} props */
function SearchField({ value, onChange }) {
  return (
    <label class="search-field">
      <Icon name="search" size={18} />
      <input
        type="search"
        value={value}
        placeholder={t("Find a room")}
        aria-label={t("Find a room")}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}

/** @param {{hasRooms: boolean}} props */
function NothingFound({ hasRooms }) {
  return (
    <EmptyState
      text={
        hasRooms
          ? t("No public room has this in its name or topic.")
          : t("There is no public room yet.")
      }
      action={t("Create a room")}
      onAction={() => show({ kind: "create" })}
    />
  );
}

/** @param {{room: Room}} props */
function RoomLine({ room }) {
  const { isBusy, error, act } = useAct();
  const go = () => {
    closeDialog();
    open(room.id);
  };
  const join = () => act(() => joinRoom(room).then(go));
  return (
    <li class="browse-line">
      <Icon name={signOf(room)} size={18} />
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
      {boot.is_admin && !room.is_member && <SettingsButton room={room} />}
      {room.is_member && <OpenButton room={room} onPress={go} />}
      {!room.is_member && !room.is_archived && (
        <JoinButton room={room} onPress={join} isBusy={isBusy} />
      )}
    </li>
  );
}

/** @param {{room: Room}} props */
function SettingsButton({ room }) {
  const label = t("Settings of {room}", { room: room.name });
  return (
    <button
      type="button"
      class="icon-button"
      onClick={() => show({ kind: "settings", room })}
      aria-label={label}
      title={label}
    >
      <Icon name="gear" />
    </button>
  );
}

/** @param {{room: Room, onPress: () => void}} props */
function OpenButton({ room, onPress }) {
  const label = t("Open {room}", { room: room.name });
  return (
    <button type="button" class="button" onClick={onPress} aria-label={label}>
      {t("Open")}
    </button>
  );
}

/** @param {{room: Room, onPress: () => void, isBusy: boolean}} props */
function JoinButton({ room, onPress, isBusy }) {
  const label = t("Join {room}", { room: room.name });
  return (
    <button
      type="button"
      class="button is-primary"
      disabled={isBusy}
      onClick={onPress}
      aria-label={label}
    >
      {t("Join")}
    </button>
  );
}
