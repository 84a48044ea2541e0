/** What screen readers are told politely; the list of messages itself stays silent. */

import { spoken } from "../live/state.js";

export function Announcer() {
  return <div class="visually-hidden" role="log" aria-live="polite" aria-atomic="true">{spoken}</div>;
}
