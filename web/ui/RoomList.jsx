/**
 * The left pane: the reader's rooms, and the reader.
 *
 * @import {Room} from "../types"
 */

import { boot } from "../boot.js";
import { nt, t } from "../i18n/index.js";
import { draftRooms } from "../live/drafts.js";
import { listedRooms, loadRooms, sectionOf } from "../live/rooms.js";
import { open, pathOf } from "../live/route.js";
import { openId, ownRooms, roster, rooms, roomsError, unread } from "../live/state.js";
import { statusOf } from "../store/roster.js";
import { countOf, mentionsOf } from "../store/unread.js";
import { sentenceOf } from "../errors.js";
import { show } from "./dialogs.js";
import { dropMark, useDragging } from "./dragging.js";
import { EmptyState } from "./EmptyState.jsx";
import { Icon, Mark } from "./Icon.jsx";
import { later } from "./later.jsx";
import { signOf } from "./roomSign.js";
import { StatusDot } from "./StatusDot.jsx";
import { UserMenu } from "./UserMenu.jsx";
import { parts } from "./whole.js";

const RoomThreads = later(async () => (await parts()).RoomThreads);

const GO_KEYS = /Mac|iP/.test(navigator.platform) ? "⌘K" : "Ctrl K";

export function RoomList() {
  return (
    <nav class="rooms" aria-label={t("Rooms")}>
      <header class="pane-head brand">
        <Mark />
        <span class="brand-name">Rollcall</span>
      </header>
      <div class="rooms-scroll">
        <button
          type="button"
          class="room-line is-view"
          aria-keyshortcuts="Control+K Meta+K"
          onClick={() => show({ kind: "switch" })}
        >
          <Icon name="search" size={16} />
          {t("Go to…")}
          <kbd aria-hidden="true">{GO_KEYS}</kbd>
        </button>
        <button type="button" class="room-line is-view" onClick={() => show({ kind: "saved" })}>
          <Icon name="bookmark" size={16} />
          {t("Saved messages")}
        </button>
        <div class="section-head">
          <h2>{t("Rooms")}</h2>
          <button
            type="button"
            class="icon-button"
            onClick={() => show({ kind: "browse" })}
            aria-label={t("Browse rooms")}
            title={t("Browse rooms")}
          >
            <Icon name="search" size={18} />
          </button>
          <button
            type="button"
            class="icon-button"
            onClick={() => show({ kind: "create" })}
            aria-label={t("Create a room")}
            title={t("Create a room")}
          >
            <Icon name="plus" size={18} />
          </button>
        </div>
        <Rooms />
      </div>
      <UserMenu user={boot.user} />
    </nav>
  );
}

function Rooms() {
  if (rooms.value === null && roomsError.value === null) return <RoomsSkeleton />;
  if (rooms.value === null && roomsError.value !== null) {
    return (
      <EmptyState
        text={sentenceOf(roomsError.value)}
        action={t("Try again")}
        onAction={loadRooms}
      />
    );
  }
  if (ownRooms.value.length === 0) return <NoRooms />;
  const [favourites, plain, direct] = [0, 1, 2].map((section) =>
    listedRooms.value.filter((room) => sectionOf(room) === section),
  );
  return (
    <>
      <Section title={t("Favourites")} rooms={favourites ?? []} />
      <Section rooms={plain ?? []} />
      <div class="section-head">
        <h2>{t("Direct messages")}</h2>
        <button
          type="button"
          class="icon-button"
          onClick={() => show({ kind: "direct" })}
          aria-label={t("Write to somebody")}
          title={t("Write to somebody")}
        >
          <Icon name="plus" size={18} />
        </button>
      </div>
      <Section rooms={direct ?? []} />
    </>
  );
}

/** @param {{title?: string, rooms: Room[]}} props */
function Section({ title, rooms: listed }) {
  const { drag, handlers } = useDragging(listed);
  if (listed.length === 0) return null;
  return (
    <>
      {title && <h3 class="section-title">{title}</h3>}
      <ul class={`room-list${title ? " is-apart" : ""}`} aria-label={title} {...handlers}>
        {listed.map((room) => (
          <RoomLine key={room.id} room={room} mark={dropMark(drag, room)} />
        ))}
      </ul>
    </>
  );
}

/** What kind of room it is; of one person, how he is. @param {{room: Room}} props */
function RoomSign({ room }) {
  const other = room.people?.length === 1 ? room.people[0] : undefined;
  if (other && roster.value.begun) return <StatusDot status={statusOf(roster.value, other.id)} />;
  return <Icon name={signOf(room)} size={16} />;
}

/** @param {{room: Room, mark: string}} props */
function RoomLine({ room, mark }) {
  const isOpen = openId.value === room.id;
  const count = countOf(unread.value, room.id);
  const mentions = mentionsOf(unread.value, room.id);
  return (
    <li class={mark} data-room={room.id}>
      <a
        href={pathOf(room.id)}
        aria-keyshortcuts="Control+Shift+ArrowUp Control+Shift+ArrowDown"
        class={`room-line${count > 0 ? " has-unread" : ""}`}
        aria-current={isOpen ? "page" : undefined}
        onClick={(event) => follow(event, room.id)}
      >
        <RoomSign room={room} />
        <span class="room-name" dir="auto">
          {room.name}
        </span>
        {room.visibility === "private" && room.kind === "room" && (
          <span class="visually-hidden">{t("(private)")}</span>
        )}
        {draftRooms.value.has(room.id) && !isOpen && <DraftSign />}
        <RoomThreads roomId={room.id} />
        {mentions > 0 && <MentionBadge count={mentions} />}
        {count > 0 && <UnreadBadge count={count} />}
      </a>
    </li>
  );
}

function DraftSign() {
  return (
    <span class="draft-sign" title={t("Draft")}>
      <Icon name="pencil" size={14} />
      <span class="visually-hidden">{t("Draft")}</span>
    </span>
  );
}

/** @param {{count: number}} props */
function UnreadBadge({ count }) {
  return (
    <span class="badge">
      <span aria-hidden="true">{count > 99 ? "99+" : count}</span>
      <span class="visually-hidden">{nt("{n} unread message", "{n} unread messages", count)}</span>
    </span>
  );
}

/** @param {{count: number}} props */
function MentionBadge({ count }) {
  const words = nt("{n} mention of you", "{n} mentions of you", count);
  return (
    <span class="badge is-mention" title={words}>
      <span aria-hidden="true">@{count > 1 ? count : ""}</span>
      <span class="visually-hidden">{words}</span>
    </span>
  );
}

function NoRooms() {
  const hasPublic = (rooms.value?.size ?? 0) > 0;
  return (
    <EmptyState
      text={t("You are not in any room yet.")}
      action={hasPublic ? t("Browse rooms") : t("Create a room")}
      onAction={() => show({ kind: hasPublic ? "browse" : "create" })}
    />
  );
}

function RoomsSkeleton() {
  return (
    <div class="skeleton" aria-hidden="true">
      {[70, 52, 84, 60].map((width) => (
        <span key={width} class={`bar bar-${width}`} />
      ))}
    </div>
  );
}

/**
 * A plain click opens here; any other (new tab, new window) is the browser's.
 *
 * @param {MouseEvent} event
 * @param {string} roomId
 */
function follow(event, roomId) {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  event.preventDefault();
  open(roomId);
}
