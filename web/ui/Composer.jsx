/**
 * Where one writes: in a room, or in a thread of it.
 *
 * Enter sends and Shift+Enter breaks the line, or Ctrl+Enter and Enter, as the reader wants it, and
 * neither happens while an input method composes.
 * Up in an empty field opens one's last message for change.
 * Who may not write reads why; the draft stays, and the focus too, so that one types on afterwards.
 *
 * @import {Room} from "../types"
 */

import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";

import { boot } from "../boot.js";
import { nt, t } from "../i18n/index.js";
import { figure } from "../i18n/times.js";
import { editLast } from "../live/acts.js";
import { draftFromAfar, draftOf, keepDraft } from "../live/drafts.js";
import { enterSends } from "../live/looks.js";
import { write } from "../live/sending.js";
import { heldBack } from "../live/state.js";
import { tellTyping } from "../live/typing.js";
import { barOf } from "../store/rooms.js";
import { placeOf } from "../store/typing.js";
import { Completion, useCompletion } from "./completing.jsx";
import { isComposing, sends } from "./composing.js";
import { Icon } from "./Icon.jsx";
import { later } from "./later.jsx";
import { Typing } from "./Typing.jsx";
import { parts } from "./whole.js";

const Barred = later(async () => (await parts()).Barred);

const BODY_MAX = boot.limits.body_max;
const COUNT_FROM = 0.9;
const MINUTE_MS = 60_000;

/** @param {{room: Room, threadId?: string}} props */
export function Composer({ room, threadId }) {
  const area = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const { text, type, send } = useWriting(room, area, threadId);
  const waitS = useHeldBack(room.id);
  const bar = useBar(room);
  const completing = useCompletion(area, room.id);
  useGrowing(area, text);
  useEffect(() => {
    if (matchMedia("(hover: hover)").matches) area.current?.focus();
  }, []);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    send();
  };
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (isComposing(event) || completing.pressed(event)) return;
    if (sends(event)) submit(event);
    if (event.key === "ArrowUp" && !threadId && text === "" && !event.altKey && !bar) {
      event.preventDefault();
      editLast(room.id);
    }
  };
  const label = threadId ? t("Answer in this thread") : t("Message {room}", { room: room.name });
  const noteId = useId();
  const barId = useId();
  return (
    <form class={`composer${bar ? " is-barred" : ""}`} onSubmit={submit}>
      <Barred id={barId} room={room} bar={bar} nowMs={Date.now()} />
      <div class="composer-box">
        <textarea
          ref={area}
          value={text}
          rows={1}
          dir="auto"
          enterkeyhint={enterSends.value ? "send" : "enter"}
          spellcheck
          placeholder={label}
          aria-label={label}
          aria-describedby={bar ? barId : noteId}
          readOnly={bar !== null}
          aria-disabled={bar !== null || undefined}
          onInput={(event) => type(event.currentTarget.value)}
          onKeyDown={pressed}
          {...completing.aria}
        />
        <SendButton isOn={isSendable(text) && waitS === 0 && !bar} />
      </div>
      <Completion completing={completing} />
      <p class="composer-note">
        <Typing roomId={room.id} threadId={threadId} />
        {!bar && <Note id={noteId} over={lengthOf(text) - BODY_MAX} waitS={waitS} />}
      </p>
    </form>
  );
}

/**
 * What is being written in the room: kept as its draft, sent as it stands in the field.
 *
 * @param {Room} room
 * @param {{current: HTMLTextAreaElement | null}} area
 * @param {string} [threadId]
 */
function useWriting(room, area, threadId) {
  const roomId = room.id;
  const place = placeOf(roomId, threadId);
  const [text, setText] = useState(() => draftOf(place));
  const type = (/** @type {string} */ next) => {
    setText(next);
    keepDraft(place, next);
    tellTyping(roomId, threadId, next.trim() !== "");
  };
  useEffect(() => () => tellTyping(roomId, threadId, false), []);
  useEffect(
    () => draftFromAfar.subscribe(({ place: at }) => at === place && setText(draftOf(place))),
    [place],
  );
  const send = () => {
    // Not what was last drawn: Enter may come before the next frame.
    const typed = area.current?.value ?? "";
    const isHeld = heldBack.value?.room_id === roomId || barOf(room, Date.now()) !== null;
    if (!isSendable(typed) || isHeld) return;
    write(roomId, typed.trimEnd(), threadId);
    type("");
    area.current?.focus();
  };
  return { text, type, send };
}

/** @param {{isOn: boolean}} props */
function SendButton({ isOn }) {
  return (
    <button type="submit" class="send" disabled={!isOn} aria-label={t("Send")} title={t("Send")}>
      <Icon name="send" />
    </button>
  );
}

/**
 * Why sending is off, or how much room is left.
 *
 * @param {{id: string, over: number, waitS: number}} props
 */
function Note({ id, over, waitS }) {
  const left = -over;
  return (
    <span id={id} class="note">
      <span role="alert" class="form-error">
        {waitS > 0 && (heldBack.value?.is_slow ? t("Slow mode.") : t("You are writing too fast."))}
        {over > 0 && t("This message is too long to send.")}
      </span>
      {waitS > 0 && (
        <span class="form-error" aria-hidden="true">
          {" "}
          {waitSentence(waitS)}
        </span>
      )}
      {left <= BODY_MAX * (1 - COUNT_FROM) && (
        <span class={`counter${over > 0 ? " is-over" : ""}`}>
          <span aria-hidden="true">{figure(left)}</span>
          <span class="visually-hidden">
            {nt("{n} character left", "{n} characters left", left)}
          </span>
        </span>
      )}
      {left > BODY_MAX * (1 - COUNT_FROM) && waitS === 0 && (
        <span class="hint">
          {!enterSends.value && "Ctrl+"}
          <kbd>Enter</kbd> {t("sends")} · {enterSends.value && "Shift+"}
          <kbd>Enter</kbd> {t("breaks the line")}
        </span>
      )}
    </span>
  );
}

/** @param {number} waitS */
function waitSentence(waitS) {
  const minutes = Math.ceil(waitS / 60);
  if (minutes > 2)
    return nt("Please try again in {n} minute.", "Please try again in {n} minutes.", minutes);
  return nt("Please try again in {n} second.", "Please try again in {n} seconds.", waitS);
}

/** In code points, as the server counts. @param {string} text */
function lengthOf(text) {
  return [...text].length;
}

/** @param {string} text */
function isSendable(text) {
  return text.trim() !== "" && lengthOf(text) <= BODY_MAX;
}

/**
 * Whoever was too fast in the room waits, in its threads too.
 *
 * @param {string} roomId
 * @returns {number} seconds until sending is on again
 */
function useHeldBack(roomId) {
  const held = heldBack.value?.room_id === roomId ? heldBack.value : null;
  const [waitS, setWaitS] = useState(0);
  useEffect(() => {
    if (held === null) return undefined;
    const count = () => {
      const left = Math.max(0, Math.ceil((held.until_ms - Date.now()) / 1000));
      setWaitS(left);
      if (left === 0) heldBack.value = null;
    };
    count();
    const timer = setInterval(count, 250);
    return () => clearInterval(timer);
  }, [held]);
  return waitS;
}

/**
 * What keeps the reader from writing; a mute is looked at again at each minute of what is left of
 * it, and at its end.
 *
 * @param {Room} room
 */
function useBar(room) {
  const [, lookAgain] = useState(0);
  const bar = barOf(room, Date.now());
  useEffect(() => {
    if (bar !== "muted") return undefined;
    const leftMs = (room.muted_until_ms ?? 0) - Date.now();
    const timer = setTimeout(() => lookAgain((n) => n + 1), leftMs % MINUTE_MS || MINUTE_MS);
    return () => clearTimeout(timer);
  });
  return bar;
}

/**
 * The area is as high as its text, up to what the styles allow.
 *
 * @param {{current: HTMLTextAreaElement | null}} area
 * @param {string} text
 */
function useGrowing(area, text) {
  useLayoutEffect(() => {
    if (!area.current || CSS.supports("field-sizing", "content")) return;
    area.current.style.height = "auto";
    area.current.style.height = `${area.current.scrollHeight}px`;
  }, [text]);
}
