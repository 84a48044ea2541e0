/** Which panes lie over others on narrow pages. */

import { signal } from "@preact/signals";

/** The roster is shown over the messages (under 1024 px). */
export const drawer = signal(false);
