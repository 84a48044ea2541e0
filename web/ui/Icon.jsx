/** Line icons of 20 units, drawn for Rollcall; decoration only, so hidden from screen readers. */

/** @type {Record<string, string>} */
const PATHS = {
  hash: "M7.6 3.5 6 16.5M14 3.5l-1.6 13M3.5 7.5h13.5M3 12.5h13.5",
  lock: "M5.5 9h9v7.5h-9zM7.2 9V6.5a2.8 2.8 0 0 1 5.6 0V9",
  plus: "M10 4.5v11M4.5 10h11",
  search: "M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM13 13l4 4",
  send: "M4 10h11M10.5 5l5 5-5 5",
  people:
    "M7.5 9.5a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM2.5 16.5c.3-3 2.3-4.5 5-4.5s4.7 1.5 5 4.5M13 4.2a2.7 2.7 0 0 1 0 5.2M14.8 12.3c1.6.6 2.5 2 2.7 4.2",
  addPerson:
    "M8 9.5a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM3 16.5c.3-3 2.3-4.5 5-4.5s4.7 1.5 5 4.5M15.5 6v5M13 8.5h5",
  more: "M4.4 10h.02M4.4 9.8v.4M10 10h.02M10 9.8v.4M15.6 10h.02M15.6 9.8v.4",
  back: "M12 4.5 6.5 10l5.5 5.5",
  up: "M10 16V4.5M5 9.5l5-5 5 5",
  down: "M10 4v11.5M5 10.5l5 5 5-5",
  check: "M4 10.5l4 4 8-9",
  close: "M5 5l10 10M15 5 5 15",
  leave: "M11.5 4H4.5v12h7M8.5 10H17M14 7l3 3-3 3",
  link: "M8.5 11.5a3 3 0 0 0 4.3.2l2.7-2.7a3 3 0 0 0-4.2-4.2l-1.2 1.2M11.5 8.5a3 3 0 0 0-4.3-.2L4.5 11a3 3 0 0 0 4.2 4.2l1.2-1.2",
  pencil: "M4 16l.8-3.5 8.5-8.5 2.7 2.7-8.5 8.5z",
  alert: "M10 6.5v4.5M10 13.8v.01M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14z",
  clock: "M10 6v4.2l2.8 1.8M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14z",
  smile:
    "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM7 11.5c.6 1.3 1.7 2 3 2s2.4-.7 3-2M7.6 8h.02M12.4 8h.02",
  thread: "M4 5h12v8H9.5L6 16v-3H4zM7 8h6M7 10.3h4",
  unread: "M12 4.5H3.5v9H7V17l4-3.5h5.5V9M15.5 6.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4z",
  pin: "M12.5 3.5 16.5 7.5 13 9l-1 4-5-5 4-1zM9.5 10.5 4.5 15.5",
  copy: "M7.5 7.5h8v8h-8zM12.5 7.5v-3h-8v8h3",
  trash: "M4.5 6h11M8 6V4.2h4V6M6 6l.7 10h6.6L14 6M8.6 8.7v4.6M11.4 8.7v4.6",
  bookmark: "M6 3.8h8v12.7l-4-3-4 3z",
  star: "M10 3.5l2 4.3 4.6.6-3.4 3.2.9 4.6L10 13.9l-4.1 2.3.9-4.6L3.4 8.4 8 7.8z",
  gear: "M10 12.6a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2zM10 3v2.2M10 14.8V17M3 10h2.2M14.8 10H17M5.1 5.1l1.5 1.5M13.4 13.4l1.5 1.5M5.1 14.9l1.5-1.5M13.4 6.6l1.5-1.5",
  ticket:
    "M3.5 7h13v2a1.3 1.3 0 0 0 0 2.4V13.5h-13v-2a1.3 1.3 0 0 0 0-2.4zM12 7.5v1M12 10v1M12 12.3v1",
  chevron: "M6 8l4 4 4-4",
  keyboard: "M3 5.5h14v9H3zM6 8.5h.02M9 8.5h.02M12 8.5h.02M14.5 8.5h.02M6.5 11.5h7",
};

/** @param {{name: string, size?: number}} props */
export function Icon({ name, size = 20 }) {
  return (
    <svg
      class={`icon icon-${name}`}
      width={size}
      height={size}
      viewBox="0 0 20 20"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The mark of Rollcall: a name ticked off, the tick ending in a presence dot. */
export function Mark() {
  return (
    <svg class="mark" width="28" height="28" viewBox="0 0 32 32" aria-hidden="true">
      <rect class="mark-ground" width="32" height="32" rx="9" />
      <path class="mark-tick" d="M8 17.2l5.4 5.3L20.6 13" />
      <circle class="mark-dot" cx="23.7" cy="9" r="3.3" />
    </svg>
  );
}
