/**
 * Moving a room in its list: by dragging its line, or with Ctrl+Shift and an arrow on it.
 *
 * Lines of another list take nothing: a favourite stays one. By touch, or without dragging, the
 * room's menu moves it (RoomActions.jsx).
 *
 * @import {Room} from "../types"
 */

import { useState } from "preact/hooks";

import { parts } from "./whole.js";

/** @typedef {{room: Room, over?: Room, isAfter?: boolean}} Drag */

/** @param {Room[]} listed */
export function useDragging(listed) {
  const [drag, setDrag] = useState(/** @type {Drag | null} */ (null));
  const roomOf = (/** @type {Event} */ { target }) => {
    const line = /** @type {Element} */ (target).closest("[data-room]");
    return listed.find(({ id }) => id === line?.getAttribute("data-room"));
  };
  const over = (/** @type {DragEvent} */ event) => {
    const room = roomOf(event);
    const line = /** @type {Element} */ (event.target).closest("[data-room]");
    if (!drag || !room || !line) return;
    event.preventDefault();
    const { top, height } = line.getBoundingClientRect();
    setDrag({ ...drag, over: room, isAfter: event.clientY > top + height / 2 });
  };
  const drop = (/** @type {DragEvent} */ event) => {
    if (!drag?.over) return;
    event.preventDefault();
    const others = listed.filter((room) => room !== drag.room);
    const at = others.indexOf(drag.over);
    if (at !== -1) order((to) => to.moveRoom(drag.room, at + (drag.isAfter ? 1 : 0)));
    setDrag(null);
  };
  const handlers = {
    onDragStart: (/** @type {DragEvent} */ event) => {
      const room = roomOf(event);
      if (room) setDrag({ room });
    },
    onDragOver: over,
    onDrop: drop,
    onDragEnd: () => setDrag(null),
    onKeyDown: (/** @type {KeyboardEvent} */ event) => {
      const step = STEPS[event.key];
      const room = roomOf(event);
      if (!step || !room || !event.ctrlKey || !event.shiftKey) return;
      event.preventDefault();
      const line = /** @type {HTMLElement} */ (event.target);
      order((to) => to.stepRoom(room, step)).then(() => keepFocus(line));
    },
  };
  return { drag, handlers };
}

/**
 * Without the part there is no moving: the list stays.
 *
 * @param {(parts: typeof import("./parts.jsx")) => unknown} move
 */
async function order(move) {
  await parts().then(move, () => {});
}

/** A line that is moved in the page loses the focus. @param {HTMLElement} line */
function keepFocus(line) {
  requestAnimationFrame(() => line.focus());
}

/** @type {Record<string, -1 | 1>} */
const STEPS = { ArrowUp: -1, ArrowDown: 1 };

/**
 * How the line shows that something would be dropped beside it.
 *
 * @param {Drag | null} drag
 * @param {Room} room
 */
export function dropMark(drag, room) {
  if (drag?.room === room) return "is-dragged";
  if (drag?.over !== room) return "";
  return drag.isAfter ? "takes-after" : "takes-before";
}
