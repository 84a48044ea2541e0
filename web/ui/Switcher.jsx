/**
 * Going to a room or a person by a few letters of the name; the rooms that one was in last come first.
 *
 * @import {Room} from "../types"
 * @import {Seen} from "../store/roster.js"
 */

import { useEffect, useId, useRef, useState } from "preact/hooks";

import { boot } from "../boot.js";
import { nt, t } from "../i18n/index.js";
import { byName } from "../i18n/times.js";
import { recent } from "../live/recent.js";
import { listedRooms, openDirect } from "../live/rooms.js";
import { open } from "../live/route.js";
import { openId, roster, unread } from "../live/state.js";
import { fittingPlaces } from "../store/places.js";
import { statusOf } from "../store/roster.js";
import { countOf } from "../store/unread.js";
import { useAct } from "./act.js";
import { isComposing } from "./composing.js";
import { Dialog } from "./Dialog.jsx";
import { closeDialog, show } from "./dialogs.js";
import { EmptyState } from "./EmptyState.jsx";
import { GeneralError } from "./form.jsx";
import { Icon } from "./Icon.jsx";
import { signOf } from "./roomSign.js";
import { StatusDot } from "./StatusDot.jsx";

const SHOWN_MAX = 30;
/** @type {Record<string, number>} */
const STEPS = { ArrowUp: -1, ArrowDown: 1 };

/** @typedef {{id: string, names: string[], room?: Room, person?: Seen}} Place */

export function Switcher() {
  const [typed, setTyped] = useState("");
  const [chosenId, setChosenId] = useState("");
  const { isBusy, error, act } = useAct();
  const listId = useId();
  const found = fittingPlaces(places(), typed).slice(0, SHOWN_MAX);
  const active = found.find(({ id }) => id === chosenId) ?? found[0];
  const go = (/** @type {Place} */ place) => !isBusy && act(() => goTo(place));
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    const step = STEPS[event.key];
    if (isComposing(event) || !active || (step === undefined && event.key !== "Enter")) return;
    event.preventDefault();
    if (step === undefined) go(active);
    else setChosenId(found.at((found.indexOf(active) + step) % found.length)?.id ?? "");
  };
  return (
    <Dialog title={t("Go to…")} onClose={closeDialog}>
      <label class="search-field">
        <Icon name="search" size={18} />
        <input
          autoFocus
          type="text"
          role="combobox"
          autoComplete="off"
          value={typed}
          placeholder={t("Room or person")}
          aria-label={t("Room or person")}
          aria-autocomplete="list"
          aria-expanded={found.length > 0}
          aria-controls={listId}
          aria-activedescendant={active && `${listId}-${active.id}`}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setChosenId("");
          }}
          onKeyDown={pressed}
        />
      </label>
      <GeneralError error={error} named={[]} />
      <p class="visually-hidden" role="status">
        {nt("{n} suggestion", "{n} suggestions", found.length)}
      </p>
      <List id={listId} found={found} active={active} go={go} />
      {found.length === 0 && (
        <EmptyState
          text={t("No room of yours and nobody you share one with has this name.")}
          action={t("Browse rooms")}
          onAction={() => show({ kind: "browse" })}
        />
      )}
    </Dialog>
  );
}

/** @param {{id: string, found: Place[], active: Place | undefined, go: (place: Place) => void}} props */
function List({ id, found, active, go }) {
  const list = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [active?.id]);
  return (
    <div ref={list} id={id} class="switch-list" role="listbox" aria-label={t("Suggestions")}>
      {found.map((place) => (
        <div
          key={place.id}
          id={`${id}-${place.id}`}
          class="proposal"
          role="option"
          aria-selected={place === active}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => go(place)}
        >
          {place.room ? <RoomShown room={place.room} /> : <PersonShown person={place.person} />}
        </div>
      ))}
    </div>
  );
}

/** @param {{room: Room}} props */
function RoomShown({ room }) {
  const other = room.people?.length === 1 ? room.people[0] : undefined;
  const count = countOf(unread.value, room.id);
  return (
    <>
      <span class="proposal-sign">
        {other ? (
          <StatusDot status={statusOf(roster.value, other.id)} />
        ) : (
          <Icon name={signOf(room)} size={18} />
        )}
      </span>
      <strong class="proposal-name" dir="auto">
        {room.name}
      </strong>
      {other && <small>@{other.username}</small>}
      {count > 0 && <small>{nt("{n} unread message", "{n} unread messages", count)}</small>}
    </>
  );
}

/** @param {{person: Seen | undefined}} props */
function PersonShown({ person }) {
  if (person === undefined) return null;
  return (
    <>
      <span class="proposal-sign">
        <StatusDot status={statusOf(roster.value, person.user_id)} />
      </span>
      <strong class="proposal-name" dir="auto">
        {person.display_name}
      </strong>
      <small>@{person.username}</small>
    </>
  );
}

/** The rooms, those that one was in last first and the open one behind them; then the people. */
function places() {
  const rooms = listedRooms.value.toSorted((a, b) => placeOf(a) - placeOf(b));
  const known = new Set(rooms.flatMap(({ people }) => (people?.length === 1 ? people[0]?.id : [])));
  const people = [...roster.value.people.values()]
    .filter(({ user_id: id }) => id !== boot.user.id && !known.has(id))
    .toSorted((a, b) => byName(a.display_name, b.display_name));
  return [
    ...rooms.map((room) => ({ id: room.id, names: namesOf(room), room })),
    ...people.map((person) => ({
      id: person.user_id,
      names: [person.display_name, person.username],
      person,
    })),
  ];
}

/** @param {Room} room */
function placeOf({ id }) {
  const at = recent.value.indexOf(id);
  return id === openId.value || at === -1 ? recent.value.length : at;
}

/** @param {Room} room */
function namesOf({ name, people = [] }) {
  return [name, ...people.flatMap((one) => [one.display_name, one.username])];
}

/** The room is open; with a person, the one of the two. Rejects with Refusal. @param {Place} place */
async function goTo({ room, person }) {
  const { id } = room ?? (await openDirect([person?.user_id ?? ""]));
  closeDialog();
  if (id === openId.value)
    /** @type {HTMLElement | null} */ (document.querySelector(".composer textarea"))?.focus();
  open(id);
}
