/**
 * The messages of a room: what was said, where new begins, older ones on the way up.
 *
 * @import {Room} from "../types"
 * @import {Row} from "../store/rows.js"
 */

import { useRef, useState } from "preact/hooks";

import { boot } from "../boot.js";
import { sentenceOf } from "../errors.js";
import { nt, t } from "../i18n/index.js";
import { dayName, dayOf, isoTime } from "../i18n/times.js";
import { receipts, showsReceipts } from "../live/receipts.js";
import { loading, members, newFrom, nowMs, outbox, timelines, unread } from "../live/state.js";
import { loadAgain, loadOlder } from "../live/timelines.js";
import { aim, comeHome, going, goOn, loadOlderOfVisit, visit } from "../live/visiting.js";
import { seenAt } from "../store/receipts.js";
import { drawnPart, lastDrawnFor, movedDown, movedUp, rowsOf } from "../store/rows.js";
import { countOf } from "../store/unread.js";
import { Beginning } from "./Beginning.jsx";
import { EmptyState } from "./EmptyState.jsx";
import { Icon } from "./Icon.jsx";
import { MessageLine, PendingLine } from "./Message.jsx";
import { useReadingPlace } from "./readingPlace.js";

/** The newest messages, or those that the reader went to. @param {{room: Room}} props */
export function MessageList({ room }) {
  const isAimed = aim.value.roomId === room.id;
  return (
    <Stretch key={isAimed ? aim.value.n : 0} room={room} aimed={isAimed ? aim.value.seq : null} />
  );
}

/** @param {{room: Room, aimed: number | null}} props */
function Stretch({ room, aimed }) {
  const { held, hasMore, isLoaded, isVisit, state } = useShown(room.id);
  const unsent = outbox.value.filter((entry) => entry.room_id === room.id && !entry.thread_id);
  const rows = rowsOf(held, isVisit ? [] : unsent, {
    ownId: boot.user.id,
    newFrom: newFrom.value.get(room.id),
    dayOf,
  });
  const seen = seenIn(room, held);
  const drawn = useDrawnPart(rows, aimed, isVisit);
  const source = { isVisit, aimed, older: isVisit ? loadOlderOfVisit : () => loadOlder(room.id) };
  const { box, list, isAtEnd, toEnd } = useReadingPlace(room.id, isLoaded, drawn, source);
  return (
    <div class={`messages-place${showsReceipts(room) ? " shows-seen" : ""}`}>
      <div ref={box} class="messages" tabIndex={0} role="region" aria-label={t("Messages")}>
        <div ref={list} class="messages-inner">
          {!drawn.hasAbove && (
            <Top room={room} isLoaded={isLoaded} hasMore={hasMore} state={state} />
          )}
          <ol aria-label={t("Messages in {room}", { room: room.name })}>
            {drawn.rows.map((row) => (
              <RowLine key={row.key} row={row} aimed={aimed} seen={seen} />
            ))}
          </ol>
          {isLoaded && rows.length === 0 && <EmptyRoom />}
        </div>
      </div>
      {isLoaded && (isVisit || !isAtEnd) && (
        <JumpButton count={countOf(unread.value, room.id)} onJump={isVisit ? comeHome : toEnd} />
      )}
    </div>
  );
}

/**
 * Which of the other members stand below which message.
 *
 * @param {Room} room
 * @param {import("../types").Message[]} held
 */
function seenIn(room, held) {
  const others = members.value.get(room.id);
  const isNamed = (/** @type {string} */ id) => id !== boot.user.id && (others?.has(id) ?? false);
  return seenAt(held, receipts.value.get(room.id) ?? new Map(), isNamed);
}

/** What of the room is shown: the messages, without answers in threads. @param {string} roomId */
function useShown(roomId) {
  const timeline = timelines.value.get(roomId);
  const state = loading.value.get(roomId);
  const stretch = visit.value?.roomId === roomId ? visit.value : null;
  const hasFailed = typeof state === "object" && timeline?.upTo === 0;
  const isLoaded = timeline !== undefined && state !== "first" && !hasFailed;
  const messages = stretch?.messages ?? (isLoaded ? timeline.messages : []);
  return {
    held: messages.filter((message) => !message.thread_id),
    hasMore: stretch?.hasOlder ?? timeline?.hasMore ?? false,
    isLoaded: stretch !== null || isLoaded,
    isVisit: stretch !== null,
    state: stretch ? stateOfVisit() : state,
  };
}

/** @returns {"older" | import("../types").ErrorBody | undefined} */
function stateOfVisit() {
  const state = going.value;
  return state === "older" || (typeof state === "object" && state !== null) ? state : undefined;
}

/**
 * A part of the rows is drawn, and moves with the reader. When a visit met the newest messages, the
 * part still ends where the visit did.
 *
 * @param {Row[]} rows
 * @param {number | null} aimed
 * @param {boolean} isVisit
 */
function useDrawnPart(rows, aimed, isVisit) {
  const [chosen, setLastKey] = useState(() => lastDrawnFor(rows, aimed));
  const end = useRef(/** @type {string | null} */ (null));
  const lastKey = chosen ?? (isVisit ? null : end.current);
  if (isVisit) end.current = rows.at(-1)?.key ?? null;
  const { from, to } = drawnPart(rows, lastKey);
  return {
    rows: rows.slice(from, to),
    hasAbove: from > 0,
    hasBelow: to < rows.length,
    up: () => setLastKey(movedUp(rows, lastKey)),
    down: () => {
      if (!isVisit) end.current = null;
      setLastKey(movedDown(rows, lastKey));
    },
    toEnd: () => {
      end.current = null;
      setLastKey(null);
    },
  };
}

/** @param {{row: Row, aimed: number | null, seen: Map<number, string[]>}} props */
function RowLine({ row, aimed, seen }) {
  if (row.kind === "day") return <DayLine atMs={row.at_ms} />;
  if (row.kind === "new")
    return (
      <li class="new-line" data-new>
        <span>{t("New")}</span>
      </li>
    );
  if (row.kind === "pending") return <PendingLine entry={row.entry} isHead={row.isHead} />;
  const { message, isHead } = row;
  const isAimed = message.seq === aimed;
  const seenBy = seen.get(message.seq);
  return <MessageLine message={message} isHead={isHead} isAimed={isAimed} seenBy={seenBy} />;
}

/** @param {{atMs: number}} props */
function DayLine({ atMs }) {
  return (
    <li class="day-line">
      <time dateTime={isoTime(atMs).slice(0, 10)}>{dayName(atMs, nowMs.value)}</time>
    </li>
  );
}

/**
 * @param {{
 *   room: Room, isLoaded: boolean, hasMore: boolean,
 *   state: "first" | "older" | import("../types").ErrorBody | undefined,
 * }} props
 */
function Top({ room, isLoaded, hasMore, state }) {
  if (typeof state === "object") {
    return (
      <EmptyState
        text={sentenceOf(state)}
        action={t("Try again")}
        onAction={() => (visit.value ? goOn() : loadAgain(room.id))}
      />
    );
  }
  if (!isLoaded) return <Skeleton />;
  if (hasMore)
    return (
      <p class="older" aria-hidden={state !== "older"}>
        {state === "older" ? t("Loading older messages…") : ""}
      </p>
    );
  return <Beginning room={room} />;
}

function EmptyRoom() {
  const begin = () => document.querySelector("textarea")?.focus();
  return (
    <EmptyState
      text={t("Nothing has been said here yet.")}
      action={t("Write the first message")}
      onAction={begin}
    />
  );
}

/** @param {{count: number, onJump: () => void}} props */
function JumpButton({ count, onJump }) {
  return (
    <button type="button" class="jump" onClick={onJump}>
      <Icon name="down" size={16} />
      {count > 0 ? nt("{n} new message", "{n} new messages", count) : t("Jump to latest")}
    </button>
  );
}

function Skeleton() {
  return (
    <div class="skeleton skeleton-messages" aria-hidden="true">
      {[60, 84, 52, 70, 60].map((width, at) => (
        <span key={at} class={`bar bar-${width}`} />
      ))}
    </div>
  );
}
