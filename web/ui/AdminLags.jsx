/**
 * How late each kind of transition is told, against the bound that is promised.
 *
 * @import {AdminLag, AdminPresence} from "../types"
 */

import { t } from "../i18n/index.js";

const KINDS = ["came_online", "changed", "tab_closed", "silent", "worker_killed", "signed_out"];

/** The words of a kind in the reader's language. @param {string} kind */
function kindWord(kind) {
  const words = {
    came_online: () => t("Came online"),
    changed: () => t("Changed"),
    tab_closed: () => t("Tab closed"),
    silent: () => t("Not heard of"),
    worker_killed: () => t("Worker died"),
    signed_out: () => t("Signed out"),
  };
  return words[/** @type {keyof typeof words} */ (kind)]();
}

/** @param {{now: AdminPresence}} props */
export function AdminLags({ now }) {
  const worst = KINDS.map((kind) => worstOf(now, kind)).filter((one) => one !== null);
  return (
    <section class="panel" aria-labelledby="lags">
      <h2 id="lags">{t("From what happens to what others see")}</h2>
      {worst.length === 0 && <p class="panel-empty">{t("Nobody came or went yet.")}</p>}
      {worst.map((lag) => (
        <LagRow key={lag.kind} lag={lag} />
      ))}
    </section>
  );
}

/** @param {{lag: AdminLag}} props */
function LagRow({ lag }) {
  const at = (/** @type {number} */ ms) => Math.min(100, (ms / lag.bound_ms) * 90);
  const isLate = lag.violations > 0;
  return (
    <div class={isLate ? "lag is-late" : "lag"} data-kind={lag.kind}>
      <span class="lag-name">{kindWord(lag.kind)}</span>
      <svg class="lag-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="lag-ground" width="100" height="8" rx="2" />
        <rect class="lag-p99" width={at(lag.p99_ms)} height="8" rx="2" />
        <rect class="lag-p50" width={at(lag.p50_ms)} height="8" rx="2" />
        <rect class="lag-max" x={Math.max(0, at(lag.max_ms) - 0.5)} width="0.8" height="8" />
        <rect class="lag-bound" x="90" width="0.6" height="8" />
      </svg>
      <span class="lag-figures">
        {t("half {p50}, 99 % {p99}, latest {max} of {bound}", {
          p50: seconds(lag.p50_ms),
          p99: seconds(lag.p99_ms),
          max: seconds(lag.max_ms),
          bound: seconds(lag.bound_ms),
        })}
      </span>
    </div>
  );
}

/** @param {number} ms */
export function seconds(ms) {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

/** The worst that any worker told; counts add up. @param {AdminPresence} now @param {string} kind */
function worstOf(now, kind) {
  const lags = now.workers.flatMap((one) => one.lags.filter((lag) => lag.kind === kind));
  const [first, ...others] = lags;
  if (first === undefined) return null;
  return others.reduce(
    (worst, lag) => ({
      ...worst,
      count: worst.count + lag.count,
      p50_ms: Math.max(worst.p50_ms, lag.p50_ms),
      p99_ms: Math.max(worst.p99_ms, lag.p99_ms),
      max_ms: Math.max(worst.max_ms, lag.max_ms),
      violations: worst.violations + lag.violations,
    }),
    first,
  );
}
