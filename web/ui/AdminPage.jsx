/**
 * The administrator's page: is presence right, how late is it, who runs it, what happened last.
 *
 * @import {AdminPresence} from "../types"
 */

import { sentenceOf } from "../errors.js";
import { nt, t } from "../i18n/index.js";
import { report, trouble } from "../live/admin.js";
import { AdminLags } from "./AdminLags.jsx";
import { AdminTransitions } from "./AdminTransitions.jsx";
import { AdminWorkers } from "./AdminWorkers.jsx";

export function AdminPage() {
  const now = report.value;
  return (
    <div class="admin">
      <header class="admin-head">
        <a class="admin-brand" href="/">
          Rollcall
        </a>
        <h1>{t("Presence")}</h1>
        <a class="button" href="/">
          {t("Back to the chat")}
        </a>
      </header>
      <main class="admin-main">
        {trouble.value && (
          <p class="admin-trouble" role="alert">
            {sentenceOf(trouble.value)}
          </p>
        )}
        {now === null ? (
          <p class="admin-wait" role="status">
            {t("Loading…")}
          </p>
        ) : (
          <Report now={now} />
        )}
      </main>
    </div>
  );
}

/** @param {{now: AdminPresence}} props */
function Report({ now }) {
  return (
    <>
      <Verdict now={now} />
      <Figures now={now} />
      <AdminLags now={now} />
      <AdminWorkers now={now} />
      <AdminTransitions now={now} />
    </>
  );
}

/** @param {{now: AdminPresence}} props */
function Verdict({ now }) {
  const sentences = {
    right: t("What is shown is true."),
    untested: t("No probe was judged yet."),
    late: t("Somebody was told of later than promised."),
    unknown: t("Part of presence is not known."),
    wrong: t("A worker showed something that was not true. Look at its log."),
  };
  const right = sum(now, (one) => one.probe.right);
  const wrong = sum(now, (one) => one.probe.wrong);
  return (
    <section class={`verdict verdict-${now.verdict}`} data-verdict={now.verdict}>
      <h2>{sentences[now.verdict]}</h2>
      <p>
        {nt(
          "{n} view of probes judged, {wrong} wrong.",
          "{n} views of probes judged, {wrong} wrong.",
          right + wrong,
          { wrong },
        )}
      </p>
      {!now.shared && <p>{t("Redis does not answer: only the worker that answered is shown.")}</p>}
    </section>
  );
}

/** @param {{now: AdminPresence}} props */
function Figures({ now }) {
  const here = Math.max(0, ...now.workers.map((one) => one.here));
  const figures = [
    { name: t("People here"), value: here },
    { name: t("Connections"), value: sum(now, (one) => one.connections) },
    { name: t("Leases"), value: sum(now, (one) => one.leases) },
    { name: t("Workers"), value: now.workers.length },
    {
      name: t("Longest stall, 1 min"),
      value: `${Math.max(0, ...now.workers.map((one) => one.stall_ms))} ms`,
    },
    {
      name: t("Bounds missed"),
      value: sum(now, (one) => one.lags.reduce((all, lag) => all + lag.violations, 0)),
    },
  ];
  return (
    <dl class="figures">
      {figures.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** @param {AdminPresence} now @param {(one: import("../types").AdminWorker) => number} of */
function sum(now, of) {
  return now.workers.reduce((all, one) => all + of(one), 0);
}
