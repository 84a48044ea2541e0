/** The places of the page, one after the other by a key: rooms, messages, composer, right pane. */

/** Each place with what in it takes the focus, the first that is there. */
const REGIONS = [
  { root: ".rooms", takes: ["[aria-current]", "button"] },
  { root: ".messages-place", takes: [".messages"] },
  { root: "main .composer", takes: ["textarea"] },
  { root: "aside", takes: ["input", "textarea", "[tabindex='0']"] },
];

/** The focus is in the next place that can be seen, or the one before. @param {1 | -1} step */
export function toRegion(step) {
  const shown = REGIONS.flatMap(({ root, takes }) => {
    const place = document.querySelector(root);
    return place?.checkVisibility() ? { place, takes } : [];
  });
  const now = shown.findIndex(({ place }) => place.contains(document.activeElement));
  const next = shown.at(now < 0 && step < 0 ? -1 : (now + step) % shown.length);
  const found = next?.takes.map((one) => next.place.querySelector(one)).find(Boolean);
  /** @type {HTMLElement | null | undefined} */ (found)?.focus();
}
