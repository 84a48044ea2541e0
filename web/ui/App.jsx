/** The page: rooms, messages, people. On a phone one of them at a time. */

import { t } from "../i18n/index.js";
import { rosterShown } from "../live/looks.js";
import { openedThread } from "../live/thread.js";
import { isLeaving, openId, openRoom, ownRooms, rooms, roomsError } from "../live/state.js";
import { line } from "../socket.js";
import { Announcer, Notice } from "./Announcer.jsx";
import { Banner } from "./Banner.jsx";
import { Composer } from "./Composer.jsx";
import { dialog, show } from "./dialogs.js";
import { EmptyState } from "./EmptyState.jsx";
import { Ended } from "./Ended.jsx";
import { MessageList } from "./MessageList.jsx";
import { later } from "./later.jsx";
import { drawer, searchShown } from "./panes.js";
import { RoomHead } from "./RoomHead.jsx";
import { RoomList } from "./RoomList.jsx";
import { Roster } from "./Roster.jsx";
import { parts } from "./whole.js";

const RoomDialogs = later(async () => (await parts()).RoomDialogs);
const MessageDialogs = later(async () => (await parts()).MessageDialogs);
const SearchPane = later(async () => (await parts()).SearchPane);
const ThreadPane = later(async () => (await parts()).ThreadPane);

export function App() {
  if (isLeaving.value) return null;
  if (line.value.state === "ended") return <Ended />;
  const room = openRoom.value;
  const thread = openedThread.value;
  const marks = [
    "app",
    openId.value === null ? "shows-rooms" : "shows-room",
    (searchShown.value || (room && (rosterShown.value || thread))) && "has-roster",
    searchShown.value ? "has-search" : room && thread && "has-thread",
    room && drawer.value && "has-drawer",
  ];
  return (
    <div class={marks.filter(Boolean).join(" ")}>
      <Banner />
      <RoomList />
      {room ? <RoomPane key={room.id} room={room} /> : <NoRoomPane />}
      {room && (
        <div
          class="drawer-ground"
          onClick={() => {
            drawer.value = false;
          }}
        />
      )}
      <RightPane />
      {dialog.value && <RoomDialogs />}
      {dialog.value && <MessageDialogs />}
      <Announcer />
      <Notice />
    </div>
  );
}

/** The search, the open thread, or who is in the room. */
function RightPane() {
  const room = openRoom.value;
  const thread = openedThread.value;
  if (searchShown.value) return <SearchPane />;
  if (room === null) return null;
  return thread ? <ThreadPane room={room} thread={thread} /> : <Roster room={room} />;
}

/** @param {{room: import("../types").Room}} props */
function RoomPane({ room }) {
  return (
    <main class="room" aria-label={room.name}>
      <RoomHead room={room} />
      <MessageList room={room} />
      <Composer room={room} />
    </main>
  );
}

function NoRoomPane() {
  return (
    <main class="room is-empty" aria-label={t("Messages")}>
      <NoRoom />
    </main>
  );
}

/** Nothing is open: because nothing came yet, the room is not the reader's, or they have none. */
function NoRoom() {
  if (rooms.value === null) return null;
  const wanted = openId.value === null ? undefined : rooms.value.get(openId.value);
  if (wanted) return <NotJoined room={wanted} />;
  if (openId.value !== null && roomsError.value === null) {
    return (
      <EmptyState
        icon="search"
        title={t("This room cannot be found")}
        text={t("It does not exist, or you are not one of its members.")}
        action={t("Browse rooms")}
        onAction={() => show({ kind: "browse" })}
      />
    );
  }
  if (ownRooms.value.length > 0) return null;
  return <Welcome hasPublic={rooms.value.size > 0} />;
}

/** @param {{room: import("../types").Room}} props */
function NotJoined({ room }) {
  return (
    <EmptyState
      icon="hash"
      title={room.name}
      text={t("You are not a member of this room.")}
      action={t("Browse rooms")}
      onAction={() => show({ kind: "browse" })}
    />
  );
}

/** @param {{hasPublic: boolean}} props */
function Welcome({ hasPublic }) {
  return (
    <EmptyState
      icon="people"
      title={t("Welcome to Rollcall")}
      text={
        hasPublic
          ? t("Join a room to see who is here and what is said.")
          : t("Create the first room, and others can join it.")
      }
      action={hasPublic ? t("Browse rooms") : t("Create a room")}
      onAction={() => show({ kind: hasPublic ? "browse" : "create" })}
    />
  );
}
