/** Which panes lie over others on narrow pages. */

import { signal } from "@preact/signals";

/** The roster is shown over the messages (under 1024 px). */
export const drawer = signal(false);

/** The search is shown in place of the roster. */
export const searchShown = signal(false);

const wide = matchMedia("(min-width: 1024px)");

/** The roster has a place of its own beside the messages. */
export const isWide = signal(wide.matches);
wide.addEventListener("change", () => {
  isWide.value = wide.matches;
  drawer.value = false;
});
