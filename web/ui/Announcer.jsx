/** What is said beside the messages: to screen readers politely, to everybody for a moment. */

import { spoken } from "../live/state.js";
import { notice } from "./notice.js";

export function Announcer() {
  return (
    <div class="visually-hidden" role="log" aria-live="polite" aria-atomic="true">
      {spoken}
    </div>
  );
}

export function Notice() {
  return (
    <div role="status" class="notice-place">
      {notice.value && <p class="notice">{notice.value}</p>}
    </div>
  );
}
