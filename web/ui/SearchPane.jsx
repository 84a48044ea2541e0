/**
 * The right pane while somebody searches: the box, filters as chips, and what was found.
 *
 * @import {ErrorBody, SearchHit} from "../types"
 * @import {Chip} from "../store/question.js"
 */

import { useEffect, useRef } from "preact/hooks";

import { sentenceOf } from "../errors.js";
import { t } from "../i18n/index.js";
import { clockTime, dayName, isoTime, wholeTime } from "../i18n/times.js";
import { comebacks, isGone } from "../live/gone.js";
import { asked, found, lookAgain, looking, search, searchOn, typed } from "../live/searching.js";
import { nowMs, openRoom, rooms } from "../live/state.js";
import { going, goTo } from "../live/visiting.js";
import { chipsOf, without, withFilter } from "../store/question.js";
import { isComposing } from "./composing.js";
import { EmptyState } from "./EmptyState.jsx";
import { Icon } from "./Icon.jsx";
import { isWide, searchShown } from "./panes.js";

export function SearchPane() {
  useEffect(() => void lookAgain(), [comebacks.value, looking.value === null]);
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape" && !event.defaultPrevented && !isComposing(event)) close();
    else step(event);
  };
  return (
    <aside class="roster search-pane" aria-label={t("Search messages")} onKeyDown={pressed}>
      <header class="pane-head roster-head">
        <h2>{t("Search messages")}</h2>
        <button type="button" class="icon-button" onClick={close} aria-label={t("Close search")}>
          <Icon name="close" />
        </button>
      </header>
      <Box />
      <div class="search-scroll" tabIndex={0} role="region" aria-label={t("Results")}>
        <Results />
      </div>
    </aside>
  );
}

function Box() {
  const box = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => box.current?.select(), []);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    search(typed.value);
  };
  return (
    <form class="search-form" role="search" onSubmit={submit}>
      <div class="search-line">
        <Icon name="search" size={18} />
        <input
          ref={box}
          id="search-box"
          type="search"
          maxLength={500}
          value={typed.value}
          onInput={(event) => {
            typed.value = event.currentTarget.value;
          }}
          placeholder={t("Words, or from:name")}
          aria-label={t("Search for")}
          autoComplete="off"
          enterkeyhint="search"
          dir="auto"
        />
      </div>
      <Filters />
    </form>
  );
}

function Filters() {
  const chips = chipsOf(typed.value);
  const has = (/** @type {string} */ name, /** @type {string} */ value) =>
    chips.some((chip) => chip.name === name && chip.value === value);
  const room = openRoom.value;
  const here = room && (room.kind === "room" ? room.name : room.id);
  return (
    <div class="chips">
      {chips.map((chip) => (
        <FilterChip key={chip.text} chip={chip} />
      ))}
      {here && !has("in", here) && <AddFilter text={t("In this room")} name="in" value={here} />}
      {!has("from", "me") && <AddFilter text={t("From me")} name="from" value="me" />}
      {!has("has", "link") && <AddFilter text={t("With a link")} name="has" value="link" />}
      {!has("has", "code") && <AddFilter text={t("With code")} name="has" value="code" />}
    </div>
  );
}

/** @param {{chip: Chip}} props */
function FilterChip({ chip }) {
  const value =
    chip.name === "in" ? (rooms.value?.get(chip.value)?.name ?? chip.value) : chip.value;
  const text = `${chip.isBarred ? "-" : ""}${chip.name}: ${value}`;
  return (
    <button
      type="button"
      class="chip is-on"
      onClick={() => search(without(typed.value, chip))}
      aria-label={t("Remove the filter {filter}", { filter: text })}
    >
      <span dir="auto">{text}</span>
      <Icon name="close" size={14} />
    </button>
  );
}

/** @param {{text: string, name: string, value: string}} props */
function AddFilter({ text, name, value }) {
  return (
    <button type="button" class="chip" onClick={() => search(withFilter(typed.value, name, value))}>
      <Icon name="plus" size={14} />
      {text}
    </button>
  );
}

function Results() {
  const state = looking.value;
  const error = typeof state === "object" ? state : null;
  return (
    <>
      {asked.value === "" && <Hint />}
      {state === "first" && <Looking />}
      {found.value && <Hits hits={found.value.hits} isWhole={found.value.cursor === null} />}
      {error && <Failed error={error} />}
      {found.value?.cursor && !error && (
        <button
          type="button"
          class="button more-hits"
          onClick={searchOn}
          disabled={state === "more"}
        >
          {state === "more" ? t("Searching…") : t("More results")}
        </button>
      )}
      {typeof going.value === "object" && going.value !== null && (
        <p class="form-error" role="alert">
          {sentenceOf(going.value)}
        </p>
      )}
    </>
  );
}

function Hint() {
  return (
    <div class="search-hint">
      <p>{t("Finds what was said in your rooms, the newest first.")}</p>
      <dl>
        <dt>{t('"two words"')}</dt>
        <dd>{t("in this order")}</dd>
        <dt>{t("-word")}</dt>
        <dd>{t("without it")}</dd>
        <dt>{t("begin*")}</dt>
        <dd>{t("words that begin so")}</dd>
        <dt>from: in: has:</dt>
        <dd>{t("by whom, where, with what")}</dd>
        <dt>before: after:</dt>
        <dd>{t("a day, such as {day}", { day: isoTime(nowMs.value).slice(0, 10) })}</dd>
      </dl>
    </div>
  );
}

function Looking() {
  return (
    <div class="skeleton" role="status" aria-label={t("Searching…")}>
      {[84, 60, 70, 52].map((width) => (
        <span key={width} class={`bar bar-${width}`} />
      ))}
    </div>
  );
}

/** @param {{error: ErrorBody}} props */
function Failed({ error }) {
  return (
    <EmptyState
      icon="alert"
      text={wrongPart(error)}
      action={error.temporary ? t("Try again") : undefined}
      onAction={() => search(typed.value)}
    />
  );
}

/** What is wrong with the question, by the field at fault. @param {ErrorBody} error */
function wrongPart(error) {
  if (error.code !== "invalid") return sentenceOf(error);
  if (error.field === "from") return t("Nobody has that username.");
  if (error.field === "in") return t("None of your rooms has that name.");
  if (error.field === "has") return t("has: takes link or code.");
  if (error.field === "before" || error.field === "after")
    return t("A day is written as {day}.", { day: isoTime(nowMs.value).slice(0, 10) });
  return t("Type a word to search for, or a filter such as from:name.");
}

/** @param {{hits: SearchHit[], isWhole: boolean}} props */
function Hits({ hits: all, isWhole }) {
  const hits = all.filter((hit) => !isGone(hit.message));
  if (hits.length === 0 && isWhole)
    return <EmptyState icon="search" text={t("Nothing was found. Try fewer words or filters.")} />;
  return (
    <ol class="hits" aria-label={t("Results")}>
      {hits.map((hit) => (
        <Hit key={hit.message.id} hit={hit} />
      ))}
    </ol>
  );
}

/** @param {{hit: SearchHit}} props */
function Hit({ hit: { message, snippet } }) {
  const at = message.at_ms;
  return (
    <li>
      <button type="button" class="hit" onClick={() => show(message)}>
        <span class="hit-head">
          <strong dir="auto">{message.author?.display_name}</strong>
          <span class="hit-room" dir="auto">
            {rooms.value?.get(message.room_id)?.name}
          </span>
          <time dateTime={isoTime(at)} title={wholeTime(at)}>
            {`${dayName(at, nowMs.value)}, ${clockTime(at)}`}
          </time>
        </span>
        <span class="hit-text" dir="auto">
          {snippet.map((part, at) => (part.hit ? <mark key={at}>{part.text}</mark> : part.text))}
        </span>
      </button>
    </li>
  );
}

/** The message is shown in its room; where there is one pane at a time, this one makes way. @param {SearchHit["message"]} message */
async function show(message) {
  await goTo(message);
  if (going.value === null && !isWide.value) searchShown.value = false;
}

function close() {
  searchShown.value = false;
  /** @type {HTMLElement | null} */ (document.querySelector(".composer textarea"))?.focus();
}

/** Up and down go from hit to hit, and back to the box. @param {KeyboardEvent} event */
function step(event) {
  const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (way === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  const pane = /** @type {HTMLElement} */ (event.currentTarget);
  const stops = [...pane.querySelectorAll("#search-box, .hit")];
  const at = stops.indexOf(/** @type {Element} */ (document.activeElement));
  const next = at === -1 ? undefined : stops[at + way];
  if (!(next instanceof HTMLElement)) return;
  event.preventDefault();
  next.focus();
}
