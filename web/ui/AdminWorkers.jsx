/**
 * The workers, each as it describes itself.
 *
 * @import {AdminPresence, AdminWorker} from "../types"
 */

import { t } from "../i18n/index.js";
import { seconds } from "./AdminLags.jsx";

const SILENT_MS = 5000;

/** @param {{now: AdminPresence}} props */
export function AdminWorkers({ now }) {
  return (
    <section class="panel" aria-labelledby="workers">
      <h2 id="workers">{t("Workers")}</h2>
      <div class="worker-list">
        {now.workers.map((worker) => (
          <Worker key={worker.id} worker={worker} now={now} />
        ))}
      </div>
    </section>
  );
}

/** @param {{worker: AdminWorker, now: AdminPresence}} props */
function Worker({ worker, now }) {
  const facts = [
    { name: t("Up"), value: upTime(worker.up_s) },
    { name: t("Connections"), value: worker.connections },
    { name: t("Leases"), value: worker.leases },
    { name: t("Longest stall, 1 min"), value: seconds(worker.stall_ms) },
    { name: t("Renewal"), value: seconds(worker.renew_ms) },
    { name: t("Place in the log"), value: `${worker.epoch.slice(0, 6)} · ${worker.rev}` },
    { name: t("Not told yet"), value: worker.untold },
    {
      name: t("Ended by event, sweep, close"),
      value: [worker.ended.event, worker.ended.sweep, worker.ended.close].join(" · "),
    },
  ];
  const state = stateOf(worker, now);
  return (
    <article class="worker" data-worker={worker.pid}>
      <header>
        <h3>
          {worker.host} <span class="worker-pid">{worker.pid}</span>
        </h3>
        <span class={state.isWell ? "mark-well" : "mark-ill"}>{state.text}</span>
      </header>
      <dl>
        {facts.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <footer>
        Rollcall {worker.version} · {worker.id.slice(0, 8)}
        {worker.id === now.answered_by && <> · {t("answered")}</>}
      </footer>
    </article>
  );
}

/** @param {AdminWorker} worker @param {AdminPresence} now */
function stateOf(worker, now) {
  const silentMs = now.at_ms - worker.at_ms;
  if (silentMs > SILENT_MS)
    return { isWell: false, text: t("Silent for {time}", { time: seconds(silentMs) }) };
  if (worker.draining) return { isWell: false, text: t("Draining") };
  if (!worker.known) return { isWell: false, text: t("Presence unknown") };
  if (worker.held) return { isWell: false, text: t("Holds: the store stood still") };
  if (worker.probe.last === "wrong") return { isWell: false, text: t("Showed a probe wrongly") };
  if (!worker.hears_events) return { isWell: true, text: t("Sweep alone") };
  return { isWell: true, text: t("Events and sweep") };
}

/** @param {number} s */
function upTime(s) {
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  return s < 86_400 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86_400)} d`;
}
