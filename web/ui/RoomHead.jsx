/**
 * The head of the middle pane: where one is, who is here, what can be done with the room.
 *
 * @import {Room} from "../types"
 */

import { nt, t } from "../i18n/index.js";
import { figure } from "../i18n/times.js";
import { rosterShown } from "../live/looks.js";
import { toggleFavourite } from "../live/rooms.js";
import { backToRooms } from "../live/route.js";
import { members, roster } from "../live/state.js";
import { isHere } from "../store/roster.js";
import { copyLink } from "./copying.js";
import { show } from "./dialogs.js";
import { Icon } from "./Icon.jsx";
import { Popover } from "./Popover.jsx";
import { drawer, isWide } from "./panes.js";
import { signOf } from "./roomSign.js";

/** @param {{room: Room}} props */
export function RoomHead({ room }) {
  return (
    <header class="pane-head room-head">
      <button
        type="button"
        class="icon-button phone-only"
        onClick={backToRooms}
        aria-label={t("Back to the rooms")}
      >
        <Icon name="back" />
      </button>
      <div class="room-title">
        <h1>
          <Icon name={signOf(room)} size={18} />
          <span dir="auto">{room.name}</span>
        </h1>
        {room.topic && (
          <p class="room-topic" dir="auto" title={room.topic}>
            {room.topic}
          </p>
        )}
      </div>
      <HereButton room={room} />
      <Popover
        label={t("More about this room")}
        class="icon-button"
        side="below"
        button={<Icon name="more" />}
      >
        {(close) => <RoomActions room={room} close={close} />}
      </Popover>
    </header>
  );
}

/** @param {{room: Room}} props */
function HereButton({ room }) {
  const ids = [...(members.value.get(room.id) ?? [])];
  const here = ids.filter((id) => isHere(roster.value, id, room.id)).length;
  const total = ids.length || room.member_count;
  const isShown = isWide.value ? rosterShown.value : drawer.value;
  const label = nt("{n} member, {here} here now", "{n} members, {here} here now", total, { here });
  return (
    <button
      type="button"
      class="here-button"
      onClick={toggleRoster}
      aria-pressed={isShown}
      aria-label={label}
      title={label}
    >
      <Icon name="people" size={18} />
      <span aria-hidden="true">{figure(total)}</span>
    </button>
  );
}

/** Beside the messages where there is room for it, over them where there is not. */
function toggleRoster() {
  if (isWide.value) rosterShown.value = !rosterShown.value;
  else drawer.value = !drawer.value;
}

/** @param {{room: Room, close: () => void}} props */
function RoomActions({ room, close }) {
  const isKeeper = room.role === "owner" || room.role === "moderator";
  const isPair = room.kind === "direct" && !room.is_group;
  const act = (/** @type {() => void} */ deed) => () => {
    close();
    deed();
  };
  return (
    <div class="menu">
      {!isPair && room.role !== "read_only" && (
        <button type="button" class="menu-item" onClick={act(() => show({ kind: "add", room }))}>
          <Icon name="addPerson" size={18} />
          {t("Add someone")}
        </button>
      )}
      {isKeeper && room.kind === "room" && (
        <button
          type="button"
          class="menu-item"
          onClick={act(() => show({ kind: "invites", room }))}
        >
          <Icon name="ticket" size={18} />
          {t("Invite links")}
        </button>
      )}
      <button type="button" class="menu-item" onClick={act(() => toggleFavourite(room))}>
        <Icon name="star" size={18} />
        {room.favourite ? t("No favourite any more") : t("Add to favourites")}
      </button>
      <button type="button" class="menu-item" onClick={act(() => show({ kind: "pins", room }))}>
        <Icon name="pin" size={18} />
        {t("Pinned messages")}
      </button>
      <button type="button" class="menu-item" onClick={act(copyLink)}>
        <Icon name="link" size={18} />
        {t("Copy link to this room")}
      </button>
      {isKeeper && room.kind === "room" && (
        <button
          type="button"
          class="menu-item"
          onClick={act(() => show({ kind: "settings", room }))}
        >
          <Icon name="gear" size={18} />
          {t("Room settings")}
        </button>
      )}
      {!isPair && (
        <button
          type="button"
          class="menu-item is-danger"
          onClick={act(() => show({ kind: "leave", room }))}
        >
          <Icon name="leave" size={18} />
          {t("Leave this room")}
        </button>
      )}
    </div>
  );
}
