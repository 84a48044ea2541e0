/** How the line is, when it is not well. */

import { useEffect, useState } from "preact/hooks";

import { t } from "../i18n/index.js";
import { QUIET_MS } from "../live/connection.js";
import { line, tryNow } from "../socket.js";
import { Icon } from "./Icon.jsx";

export function Banner() {
  const now = useSecond(line.value.down_since_ms !== null || line.value.state === "draining");
  const { state, down_since_ms: downSinceMs, retry_at_ms: retryAtMs } = line.value;
  const isDown = downSinceMs !== null && now - downSinceMs >= QUIET_MS;
  const isUpdating = state === "draining";
  return (
    <div role="status" class="banner-place">
      {isUpdating && (
        <p class="banner is-calm">
          <Icon name="clock" size={18} />
          {t("Updating…")}
        </p>
      )}
      {!isUpdating && state !== "ended" && isDown && (
        <p class="banner">
          <Icon name="alert" size={18} />
          <span>
            {t("Connection lost. Reconnecting…")} <Countdown ms={(retryAtMs ?? now) - now} />
          </span>
          <button type="button" class="link-button" onClick={tryNow}>
            {t("Try now")}
          </button>
        </p>
      )}
    </div>
  );
}

/** Not read aloud each second. @param {{ms: number}} props */
function Countdown({ ms }) {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 2) return null;
  return (
    <span aria-hidden="true" class="countdown">
      {t("{n} s", { n: seconds })}
    </span>
  );
}

/** The time, renewed twice a second while it is needed. @param {boolean} isNeeded */
function useSecond(isNeeded) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!isNeeded) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [isNeeded]);
  return now;
}
