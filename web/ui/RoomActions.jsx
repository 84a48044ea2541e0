/**
 * What can be done with the room, in the menu of its head.
 *
 * @import {Room} from "../types"
 */

import { boot } from "../boot.js";
import { t } from "../i18n/index.js";
import { stepRoom } from "../live/order.js";
import { toggleFavourite } from "../live/rooms.js";
import { copyLink } from "./copying.js";
import { show } from "./dialogs.js";
import { Icon } from "./Icon.jsx";

/** @param {{room: Room, close: () => void}} props */
export function RoomActions({ room, close }) {
  const isKeeper = room.role === "owner" || room.role === "moderator";
  const isPair = room.kind === "direct" && !room.is_group;
  const act = (/** @type {() => void} */ deed) => () => {
    close();
    deed();
  };
  return (
    <div class="menu">
      {room.kind === "room" && (
        <button type="button" class="menu-item" onClick={act(() => show({ kind: "about", room }))}>
          <Icon name="hash" size={18} />
          {t("About this room")}
        </button>
      )}
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
      <button type="button" class="menu-item" onClick={act(() => stepRoom(room, -1))}>
        <Icon name="up" size={18} />
        {t("Move up in the list")}
      </button>
      <button type="button" class="menu-item" onClick={act(() => stepRoom(room, 1))}>
        <Icon name="down" size={18} />
        {t("Move down in the list")}
      </button>
      <button type="button" class="menu-item" onClick={act(() => show({ kind: "threads", room }))}>
        <Icon name="thread" size={18} />
        {t("Unread threads")}
      </button>
      <button type="button" class="menu-item" onClick={act(() => show({ kind: "pins", room }))}>
        <Icon name="pin" size={18} />
        {t("Pinned messages")}
      </button>
      <button type="button" class="menu-item" onClick={act(() => show({ kind: "date", room }))}>
        <Icon name="clock" size={18} />
        {t("Jump to a date")}
      </button>
      <button type="button" class="menu-item" onClick={act(copyLink)}>
        <Icon name="link" size={18} />
        {t("Copy link to this room")}
      </button>
      {(isKeeper || boot.is_admin) && room.kind === "room" && (
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
