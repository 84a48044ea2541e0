/**
 * The head of the middle pane: where one is, who is here, what can be done with the room.
 *
 * @import {Room} from "../types"
 */

import { nt, t } from "../i18n/index.js";
import { figure } from "../i18n/times.js";
import { rosterShown } from "../live/looks.js";
import { backToRooms } from "../live/route.js";
import { members, roster } from "../live/state.js";
import { isHere } from "../store/roster.js";
import { Icon } from "./Icon.jsx";
import { later } from "./later.jsx";
import { Popover } from "./Popover.jsx";
import { drawer, isWide, searchShown } from "./panes.js";
import { signOf } from "./roomSign.js";
import { parts } from "./whole.js";

const RoomActions = later(async () => (await parts()).RoomActions);

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
      <SearchButton />
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

export function SearchButton() {
  return (
    <button
      type="button"
      class="icon-button"
      onClick={() => {
        searchShown.value = !searchShown.value;
      }}
      aria-pressed={searchShown.value}
      aria-label={t("Search messages")}
      title={t("Search messages")}
      aria-keyshortcuts="/"
    >
      <Icon name="search" />
    </button>
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
