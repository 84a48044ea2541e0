/**
 * The right pane: who is in this room, those first who are here now, then by status.
 *
 * @import {Room, Status} from "../types"
 * @import {Seen} from "../store/roster.js"
 */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { boot } from "../boot.js";
import { t } from "../i18n/index.js";
import { ago, byName, figure, isoTime, wholeTime } from "../i18n/times.js";
import { members, nowMs, roster } from "../live/state.js";
import { isHere, statusOf } from "../store/roster.js";
import { Avatar } from "./Avatar.jsx";
import { copyLink } from "./copying.js";
import { show } from "./dialogs.js";
import { EmptyState } from "./EmptyState.jsx";
import { Icon } from "./Icon.jsx";
import { drawer } from "./panes.js";
import { StatusDot, statusWord } from "./StatusDot.jsx";
import { wordsOf } from "./statusWords.js";

/** @type {{statuses: Status[], head: () => string}[]} Those who are here now come before them. */
const GROUPS = [
  { statuses: ["online"], head: () => t("Online") },
  { statuses: ["away", "busy"], head: () => t("Away or busy") },
  { statuses: ["offline"], head: () => t("Offline") },
  { statuses: ["unknown"], head: () => t("Status unknown") },
];

/** @typedef {{head: string, people: Seen[], isHere?: boolean}} Group */

/** @param {{room: Room}} props */
export function Roster({ room }) {
  const closing = useRef(/** @type {HTMLButtonElement | null} */ (null));
  useEffect(() => {
    if (drawer.value) closing.current?.focus();
  }, [drawer.value]);
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape" && drawer.value) closeDrawer();
  };
  return (
    <aside class="roster" aria-label={t("People in this room")} onKeyDown={pressed}>
      <header class="pane-head roster-head">
        <h2>{t("People")}</h2>
        <button
          ref={closing}
          type="button"
          class="icon-button narrow-only"
          onClick={closeDrawer}
          aria-label={t("Close")}
        >
          <Icon name="close" />
        </button>
      </header>
      <div class="roster-scroll" tabIndex={0} role="region" aria-label={t("List of people")}>
        <Groups key={room.id} room={room} />
      </div>
    </aside>
  );
}

/** The roster is folded away, and focus is back where it was opened. */
function closeDrawer() {
  drawer.value = false;
  /** @type {HTMLElement | null} */ (document.querySelector(".here-button"))?.focus();
}

/** Rows do not move while the pointer is over them: what was about to be pressed stays there. */
function Groups(/** @type {{room: Room}} */ { room }) {
  const held = useRef(/** @type {Group[] | null} */ (null));
  const [isOver, setOver] = useState(false);
  const list = useKeptFocus();
  const current = groupsOf(room.id);
  if (!isOver || held.current === null) held.current = current;
  const shown = held.current;
  const hover = (/** @type {PointerEvent} */ event) => {
    setOver(event.pointerType === "mouse" && event.type === "pointerenter");
  };
  if (!roster.value.begun || !members.value.has(room.id)) return <PeopleSkeleton />;
  const isAlone = members.value.get(room.id)?.size === 1;
  return (
    <div ref={list} onPointerEnter={hover} onPointerLeave={hover}>
      {!roster.value.known && <Unknown />}
      {shown.map((group) => (
        <GroupOf key={group.head} group={group} room={room} />
      ))}
      {isAlone && <Alone room={room} />}
    </div>
  );
}

/** Whose line moves to another group keeps the focus that stood on it: the line is made anew. */
function useKeptFocus() {
  const list = useRef(/** @type {HTMLDivElement | null} */ (null));
  const hasFocus = () => list.current?.contains(document.activeElement) ?? false;
  /** @type {HTMLElement | null | undefined} */
  const line = hasFocus() ? document.activeElement?.closest("[data-user]") : null;
  const username = line?.dataset.user;
  useLayoutEffect(() => {
    if (username === undefined || hasFocus()) return;
    const moved = `[data-user="${CSS.escape(username)}"] button`;
    /** @type {HTMLElement | null | undefined} */ (list.current?.querySelector(moved))?.focus();
  });
  return list;
}

function PeopleSkeleton() {
  return (
    <div class="skeleton" aria-hidden="true">
      {[70, 52, 60].map((width) => (
        <span key={width} class={`bar bar-${width}`} />
      ))}
    </div>
  );
}

function Unknown() {
  return <p class="roster-note">{t("Who is here cannot be known right now.")}</p>;
}

/** @param {{room: Room}} props */
function Alone({ room }) {
  const isPrivate = room.visibility === "private";
  return (
    <EmptyState
      text={t("Nobody else is in this room yet.")}
      action={isPrivate ? t("Add someone") : t("Copy link to this room")}
      onAction={isPrivate ? () => show({ kind: "add", room }) : copyLink}
    />
  );
}

/** @param {{group: Group, room: Room}} props */
function GroupOf({ group, room }) {
  return (
    <section class={`roster-group ${group.isHere ? "is-here" : ""}`}>
      <h3>
        {group.head}
        <span class="count">{figure(group.people.length)}</span>
      </h3>
      <ul>
        {group.people.map((person) => (
          <PersonLine key={person.user_id} person={person} room={room} />
        ))}
      </ul>
    </section>
  );
}

/** @param {{person: Seen, room: Room}} props */
function PersonLine({ person, room }) {
  const status = statusOf(roster.value, person.user_id);
  return (
    <li class={`person is-${status}`} data-user={person.username}>
      <span class="avatar-place" title={statusWord(status)}>
        <Avatar id={person.user_id} name={person.display_name} size="small" />
        <StatusDot status={status} />
      </span>
      <span class="person-names">
        <span class="person-name" dir="auto" title={`@${person.username}`}>
          {person.display_name}
          {person.user_id === boot.user.id && <small class="you"> {t("(you)")}</small>}
        </span>
        {status === "offline" && <LastSeen atMs={person.last_seen_at_ms} />}
        {status !== "unknown" && <Words person={person} />}
      </span>
      {person.user_id !== boot.user.id && (
        <button
          type="button"
          class="icon-button is-small person-more"
          aria-label={t("More about {name}", { name: person.display_name })}
          title={t("More about {name}", { name: person.display_name })}
          onClick={() => show({ kind: "person", room, userId: person.user_id })}
        >
          <Icon name="more" size={18} />
        </button>
      )}
    </li>
  );
}

/** What the person said of himself. @param {{person: Seen}} props */
function Words({ person }) {
  const words = wordsOf(person);
  if (words === "") return null;
  return (
    <span class="person-words" dir="auto" title={words}>
      {words}
    </span>
  );
}

/** @param {{atMs: number | null}} props */
function LastSeen({ atMs }) {
  if (atMs === null) return null;
  const isJustNow = nowMs.value - atMs < 60_000;
  return (
    <time class="last-seen" dateTime={isoTime(atMs)} title={wholeTime(atMs)}>
      {isJustNow ? t("Last seen just now") : t("Last seen {ago}", { ago: ago(atMs, nowMs.value) })}
    </time>
  );
}

/** @param {string} roomId @returns {Group[]} */
function groupsOf(roomId) {
  const ids = [...(members.value.get(roomId) ?? [])];
  const people = ids.flatMap((id) => roster.value.people.get(id) ?? []);
  people.sort((a, b) => byName(a.display_name, b.display_name) || byName(a.username, b.username));
  const here = people.filter(({ user_id: id }) => isHere(roster.value, id, roomId));
  const others = people.filter((person) => !here.includes(person));
  const groups = GROUPS.map(({ statuses, head }) => ({
    head: head(),
    people: others.filter(({ user_id: id }) => statuses.includes(statusOf(roster.value, id))),
  }));
  return [{ head: t("Here now"), people: here, isHere: true }, ...groups].filter(
    ({ people: found }) => found.length > 0,
  );
}
