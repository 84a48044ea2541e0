/**
 * Completing what is typed in a text field: people and words behind @, emoji behind a colon.
 *
 * Rule of the file: keys of an input method never come here (composing.js). A name that was typed in
 * full needs no choosing: Enter then does what it does without a list.
 *
 * @import {Token} from "../store/token.js"
 * @import {Proposal} from "./proposals.js"
 */

import { signal } from "@preact/signals";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";

import { nt } from "../i18n/index.js";
import { spoken } from "../live/state.js";
import { tokenAt } from "../store/token.js";
import { parts } from "./whole.js";

const part = signal(/** @type {typeof import("./Completion.jsx") | null} */ (null));
let isComing = false;

/** The list of proposals, where there are some. @param {{completing: Completing}} props */
export function Completion({ completing }) {
  const List = part.value?.List;
  return List && completing.active ? <List completing={completing} /> : null;
}

/**
 * @param {{current: HTMLTextAreaElement | null}} area
 * @param {string} roomId
 */
export function useCompletion(area, roomId) {
  const listId = useId();
  const [token, setToken] = useState(/** @type {Token | null} */ (null));
  const [chosenId, setChosenId] = useState("");
  const shutAt = useRef(-1);
  const proposals = token === null ? [] : (part.value?.proposalsFor(token, roomId) ?? []);
  const active = proposals.find(({ id }) => id === chosenId) ?? proposals[0];
  const close = () => setToken(null);
  const look = () => setToken((held) => sameOr(held, openToken(area.current, shutAt)));
  useLooking(area, look, close);
  useLayoutEffect(() => {
    if (token !== null) look(); // the text may have been sent, or another device's
  });
  useSaying(proposals.length);
  const choose = (/** @type {Proposal} */ proposal) => {
    if (area.current && token) replace(area.current, token, proposal.insert);
    close();
  };
  const shut = () => {
    shutAt.current = token?.from ?? -1;
    close();
  };
  /** Whether the key was for the list. @param {KeyboardEvent} event */
  const pressed = (event) => {
    if (token === null || !active || event.altKey || event.ctrlKey || event.metaKey) return false;
    const deed = deedOf(event, active.insert.toLowerCase() === signed(token).toLowerCase());
    if (event.key === "Enter") close();
    if (deed === null) return false;
    event.preventDefault();
    event.stopPropagation();
    if (deed === "choose") choose(active);
    else if (deed === "shut") shut();
    else setChosenId(stepped(proposals, active, deed).id);
    return true;
  };
  const aria = ariaOf(listId, active);
  return { listId, roomId, anchor: area, proposals, active, choose, pressed, aria };
}

/** @typedef {ReturnType<typeof useCompletion>} Completing */

/**
 * A text field of several lines is no combobox by the rules of ARIA: what it may say is this.
 *
 * @param {string} listId
 * @param {Proposal | undefined} active
 */
function ariaOf(listId, active) {
  return {
    "aria-autocomplete": /** @type {const} */ ("list"),
    "aria-haspopup": /** @type {const} */ ("listbox"),
    "aria-controls": active && listId,
    "aria-activedescendant": active && `${listId}-${active.id}`,
  };
}

/**
 * The next one in that direction, round the ends.
 *
 * @param {Proposal[]} all
 * @param {Proposal} active
 * @param {number} step
 */
function stepped(all, active, step) {
  return all.at((all.indexOf(active) + step) % all.length) ?? active;
}

/** @param {KeyboardEvent} event @param {boolean} isWhole */
function deedOf({ key, shiftKey }, isWhole) {
  if (key === "ArrowDown") return 1;
  if (key === "ArrowUp") return -1;
  if (key === "Escape") return "shut";
  if (shiftKey) return null;
  if (key === "Tab") return "choose";
  return key === "Enter" && !isWhole ? "choose" : null;
}

/**
 * The list follows the caret, and is gone with the focus.
 *
 * @param {{current: HTMLTextAreaElement | null}} area
 * @param {() => void} look
 * @param {() => void} close
 */
function useLooking(area, look, close) {
  useEffect(() => {
    const field = area.current;
    let isComposing = false;
    const stopping = new AbortController();
    const { signal: until } = stopping;
    const moved = () => !isComposing && document.activeElement === field && look();
    const composes = (/** @type {boolean} */ now) => () => {
      isComposing = now;
      moved();
    };
    field?.addEventListener("blur", close, { signal: until });
    field?.addEventListener("input", moved, { signal: until });
    field?.addEventListener("compositionstart", composes(true), { signal: until });
    field?.addEventListener("compositionend", composes(false), { signal: until });
    document.addEventListener("selectionchange", moved, { signal: until });
    return () => stopping.abort();
  }, []);
}

/** How many there are is spoken when the list opens or changes. @param {number} count */
function useSaying(count) {
  useEffect(() => {
    if (count > 0) spoken.value = nt("{n} suggestion", "{n} suggestions", count);
  }, [count]);
}

/** The same object for the same token. @param {Token | null} held @param {Token | null} found */
function sameOr(held, found) {
  const isSame = held?.kind === found?.kind && held?.from === found?.from;
  return isSame && held?.typed === found?.typed ? held : found;
}

/** @param {HTMLTextAreaElement | null} field @param {{current: number}} shutAt */
function openToken(field, shutAt) {
  if (!field || field.selectionStart !== field.selectionEnd) return null;
  const found = tokenAt(field.value, field.selectionEnd);
  if (found === null) shutAt.current = -1;
  if (found !== null) loadPart();
  return found?.from === shutAt.current ? null : found;
}

/** Few messages need it; without it one types on. */
async function loadPart() {
  if (part.value !== null || isComing) return;
  isComing = true;
  part.value = await parts().catch(() => null);
  isComing = false;
}

/** What was typed of it, with its sign. @param {Token} token */
function signed({ kind, typed }) {
  return (kind === "name" ? "@" : ":") + typed;
}

/**
 * The token is replaced as if it had been typed, so that undo takes it back.
 *
 * @param {HTMLTextAreaElement} field
 * @param {Token} token
 * @param {string} text
 */
function replace(field, token, text) {
  const to = field.selectionEnd;
  const spaced = /^\s/.test(field.value.slice(to)) ? text : `${text} `;
  field.focus();
  field.setSelectionRange(token.from, to);
  if (document.execCommand("insertText", false, spaced)) return;
  field.setRangeText(spaced, token.from, to, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
