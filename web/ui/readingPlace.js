/**
 * Where the reader is in the list, kept under their eyes whatever happens around it.
 *
 * Rule of the file: at the end, the list follows new messages; anywhere else, the line at the top
 * of the view stays where it is to the pixel, whether older messages come above it, newer below, or
 * the composer grows. The browser's own scroll anchoring is off (styles/messages.css): it does not
 * work at scrollTop 0, where older messages are loaded.
 */

import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { inView } from "../live/reading.js";
import { letGoOfOld } from "../live/timelines.js";
import { loadNewerOfVisit } from "../live/visiting.js";
import { timelines } from "../live/state.js";

/** Nearer to the end than this counts as being there. */
const END_PX = 48;
/** Older messages are asked for before the reader reaches the top. */
const AHEAD_PX = 900;

/**
 * @typedef {object} Drawn the part of the room that is drawn, and how it moves
 * @property {boolean} hasAbove
 * @property {boolean} hasBelow
 * @property {() => void} up
 * @property {() => void} down
 * @property {() => void} toEnd
 */

/**
 * @typedef {object} Source where the messages come from
 * @property {boolean} isVisit they are not the newest: nothing counts as read, more may follow
 * @property {number | null} aimed the seq of the message to open at
 * @property {() => void} older more before the first one is asked for
 */

/**
 * @param {string} roomId
 * @param {boolean} isLoaded
 * @param {Drawn} drawn
 * @param {Source} source
 */
export function useReadingPlace(roomId, isLoaded, drawn, source) {
  const part = useRef({ ...drawn, ...source });
  part.current = { ...drawn, ...source };
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const list = useRef(/** @type {HTMLDivElement | null} */ (null));
  const place = useRef({ isOpened: false, atEnd: true, key: "", bottomPx: 0 });
  const [isAtEnd, setAtEnd] = useState(true);

  const settle = useCallback(() => {
    if (box.current) restore(box.current, place.current);
    if (box.current && place.current.isOpened && !part.current.isVisit)
      markRead(box.current, roomId, place.current.atEnd);
  }, [roomId]);
  const scrolled = useCallback(() => {
    if (!box.current || !place.current.isOpened) return;
    remember(box.current, place.current, part.current);
    setAtEnd(place.current.atEnd);
    reachOut(box.current, part.current);
    if (part.current.isVisit) return;
    if (place.current.atEnd) letGoOfOld(roomId);
    markRead(box.current, roomId, place.current.atEnd);
  }, [roomId]);
  const toEnd = useCallback(() => {
    place.current.atEnd = true;
    part.current.toEnd();
    settle();
    if (!part.current.hasBelow) scrolled();
  }, [settle, scrolled]);

  useLayoutEffect(() => {
    if (isLoaded && !place.current.isOpened && box.current) {
      openAt(box.current, place.current, part.current);
      setAtEnd(place.current.atEnd);
      scrolled();
    }
    settle();
    if (box.current && place.current.isOpened) reachOut(box.current, part.current);
  });
  useEffect(() => follow(box.current, list.current, settle, scrolled), [settle, scrolled]);
  return { box, list, isAtEnd, toEnd };
}

/**
 * More is drawn, or loaded, before the reader comes to where it is missing.
 *
 * @param {HTMLElement} box
 * @param {Part} part
 */
function reachOut(box, part) {
  const belowPx = box.scrollHeight - box.clientHeight - box.scrollTop;
  if (box.scrollTop < AHEAD_PX) {
    if (part.hasAbove) part.up();
    else part.older();
  }
  if (belowPx >= AHEAD_PX) return;
  if (part.hasBelow) part.down();
  else if (part.isVisit) loadNewerOfVisit();
}

/** @typedef {Drawn & Source} Part */
/** @typedef {{isOpened: boolean, atEnd: boolean, key: string, bottomPx: number}} Place */

/**
 * At the message that was aimed at; else at the "new" line when it would be out of view at the end;
 * else at the end.
 *
 * @param {HTMLElement} box
 * @param {Place} place
 * @param {Part} part
 */
function openAt(box, place, part) {
  place.isOpened = true;
  box.scrollTop = box.scrollHeight;
  const { aimed } = part;
  const target = aimed && linesOf(box).find((line) => Number(line.dataset.seq) >= aimed);
  if (target) {
    box.scrollTop += topIn(box, target) - box.clientHeight / 3;
    box.focus({ preventScroll: true });
    return remember(box, place, part);
  }
  const line = box.querySelector("[data-new]");
  if (line instanceof HTMLElement) {
    const above = topIn(box, line);
    if (above < 0) box.scrollTop += above - box.clientHeight / 4;
  }
  return remember(box, place, part);
}

/** @param {HTMLElement} box @param {Place} place */
function restore(box, place) {
  if (!place.isOpened || place.atEnd) {
    box.scrollTop = box.scrollHeight;
    return;
  }
  const line = box.querySelector(`[data-key="${CSS.escape(place.key)}"]`);
  if (!(line instanceof HTMLElement)) return;
  const driftPx = bottomIn(box, line) - place.bottomPx;
  if (Math.abs(driftPx) >= 1) box.scrollTop += driftPx;
}

/** @param {HTMLElement} box @param {Place} place @param {Part} part */
function remember(box, place, part) {
  const belowPx = box.scrollHeight - box.clientHeight - box.scrollTop;
  place.atEnd = !part.hasBelow && !part.isVisit && belowPx < END_PX;
  const lines = linesOf(box);
  const first = lines.find((line) => bottomIn(box, line) > 0);
  if (first === undefined) return;
  place.key = first.dataset.key ?? "";
  // Its bottom: the first line held loses its byline when older ones come before it.
  place.bottomPx = bottomIn(box, first);
}

/**
 * Messages count as read as far as they are wholly in view.
 *
 * @param {HTMLElement} box
 * @param {string} roomId
 * @param {boolean} atEnd
 */
function markRead(box, roomId, atEnd) {
  if (atEnd) return inView(roomId, timelines.peek().get(roomId)?.upTo ?? 0);
  const bottom = box.clientHeight + 4;
  const last = linesOf(box).findLast((line) => bottomIn(box, line) <= bottom);
  return inView(roomId, Number(last?.dataset.seq ?? 0));
}

/**
 * @param {HTMLElement | null} box
 * @param {HTMLElement | null} list
 * @param {() => void} settle
 * @param {() => void} scrolled
 */
function follow(box, list, settle, scrolled) {
  if (!box || !list) return undefined;
  const sizes = new ResizeObserver(settle);
  sizes.observe(box);
  sizes.observe(list);
  box.addEventListener("scroll", scrolled, { passive: true });
  addEventListener("focus", settle);
  document.addEventListener("visibilitychange", settle);
  return () => {
    sizes.disconnect();
    removeEventListener("focus", settle);
    document.removeEventListener("visibilitychange", settle);
  };
}

/** @param {HTMLElement} box @returns {HTMLElement[]} */
function linesOf(box) {
  return [.../** @type {NodeListOf<HTMLElement>} */ (box.querySelectorAll("[data-seq]"))];
}

/** @param {HTMLElement} box @param {HTMLElement} line */
function topIn(box, line) {
  return line.getBoundingClientRect().top - box.getBoundingClientRect().top;
}

/** @param {HTMLElement} box @param {HTMLElement} line */
function bottomIn(box, line) {
  return topIn(box, line) + line.offsetHeight;
}
