/**
 * A status as a dot that differs by shape as well as by colour, with its word.
 *
 * @import {Status} from "../types"
 */

import { t } from "../i18n/index.js";

/** The word of a status in the reader's language. @param {Status} status */
export function statusWord(status) {
  return {
    online: () => t("Online"),
    away: () => t("Away"),
    busy: () => t("Do not disturb"),
    offline: () => t("Offline"),
    unknown: () => t("Status unknown"),
  }[status]();
}

/** @param {{status: Status, size?: number}} props */
export function StatusDot({ status, size = 12 }) {
  return (
    <svg
      class={`dot dot-${status}`}
      width={size}
      height={size}
      viewBox="0 0 12 12"
      role="img"
      aria-label={statusWord(status)}
      data-status={status}
    >
      <Shape status={status} />
    </svg>
  );
}

/** @param {{status: Status}} props */
function Shape({ status }) {
  if (status === "online") return <circle class="fill" cx="6" cy="6" r="5" />;
  if (status === "away")
    return <path class="fill" d="M7.9 1.35A5 5 0 1 0 10.7 7.7 4.3 4.3 0 0 1 7.9 1.35z" />;
  if (status === "busy") {
    return (
      <path
        class="fill"
        fill-rule="evenodd"
        d="M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1zM3.2 5.1v1.8h5.6V5.1z"
      />
    );
  }
  if (status === "offline") return <circle class="ring" cx="6" cy="6" r="4" />;
  return <path class="hatch" d="M1.5 6.5 6.5 1.5M2.5 9.5l7-7M5.5 10.5l5-5" />;
}
