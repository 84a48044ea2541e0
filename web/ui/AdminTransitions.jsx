/**
 * The newest transitions: who, from what to what, why, and how late.
 *
 * @import {AdminPresence, AdminTransition, Status} from "../types"
 */

import { t } from "../i18n/index.js";
import { isoTime, wholeTime } from "../i18n/times.js";
import { seconds } from "./AdminLags.jsx";
import { StatusDot, statusWord } from "./StatusDot.jsx";

/** @param {{now: AdminPresence}} props */
export function AdminTransitions({ now }) {
  return (
    <section class="panel" aria-labelledby="transitions">
      <h2 id="transitions">{t("Latest transitions")}</h2>
      <p class="panel-note">
        {t(
          "Only administrators see this; that somebody made himself invisible can be told from it.",
        )}
      </p>
      {now.transitions.length === 0 && <p class="panel-empty">{t("Nobody came or went yet.")}</p>}
      <ol class="transition-list">
        {now.transitions.map((one) => (
          <Transition key={`${one.rev}-${one.user_id}`} one={one} />
        ))}
      </ol>
    </section>
  );
}

/** @param {{one: AdminTransition}} props */
function Transition({ one }) {
  return (
    <li class="transition" data-user={one.username}>
      <time datetime={isoTime(one.at_ms)} title={wholeTime(one.at_ms)}>
        {new Date(one.at_ms).toLocaleTimeString()}
      </time>
      <a dir="auto" href={`/api/v1/users/${one.user_id}/presence?why=1`} title={t("Why is it so?")}>
        {one.display_name ?? one.user_id}
      </a>
      <span class="transition-change">
        {one.before !== null && <Look status={one.before} />}
        <span aria-hidden="true">→</span>
        <Look status={one.after} />
      </span>
      <span class="transition-cause">{causeWord(one.cause)}</span>
      <span class="transition-lag">{seconds(one.lag_ms)}</span>
    </li>
  );
}

/** The words of a cause; docs/STATUS.md lists them. @param {string} cause */
function causeWord(cause) {
  const words = {
    connected: () => t("came"),
    in_front: () => t("in front"),
    hidden: () => t("hidden or idle"),
    claimed: () => t("set it"),
    claim_ended: () => t("its time was over"),
    closed: () => t("tab closed"),
    silent: () => t("not heard of"),
    drained: () => t("worker stopped"),
    worker_lost: () => t("worker died"),
    signed_out: () => t("session ended"),
    missing: () => t("store began anew"),
  };
  return words[/** @type {keyof typeof words} */ (cause)]?.() ?? cause;
}

/** @param {{status: Status}} props */
function Look({ status }) {
  return (
    <span class="transition-look">
      <StatusDot status={status} size={10} /> {statusWord(status)}
    </span>
  );
}
