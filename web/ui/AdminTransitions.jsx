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
      {now.transitions.length === 0 ? (
        <p class="panel-empty">{t("Nobody came or went yet.")}</p>
      ) : (
        <div class="transition-scroll" tabIndex={0} role="region" aria-labelledby="transitions">
          <Table now={now} />
        </div>
      )}
    </section>
  );
}

/** The roles are named, as a phone's layout takes them from the elements. @param {{now: AdminPresence}} props */
function Table({ now }) {
  const heads = [t("When"), t("Who"), t("Change"), t("Why"), t("Told after")];
  return (
    <table class="transition-list" role="table" aria-labelledby="transitions">
      <thead role="rowgroup">
        <tr role="row">
          {heads.map((head) => (
            <th key={head} scope="col" role="columnheader">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {now.transitions.map((one) => (
          <Transition key={`${one.rev}-${one.user_id}`} one={one} />
        ))}
      </tbody>
    </table>
  );
}

/** @param {{one: AdminTransition}} props */
function Transition({ one }) {
  const why = `/api/v1/users/${one.user_id}/presence?why=1`;
  return (
    <tr class="transition" role="row" data-user={one.username}>
      <td class="transition-time" role="cell">
        <time datetime={isoTime(one.at_ms)} title={wholeTime(one.at_ms)}>
          {new Date(one.at_ms).toLocaleTimeString()}
        </time>
      </td>
      <td class="transition-who" role="cell">
        <a dir="auto" href={why} title={t("Why is it so?")}>
          {one.display_name ?? one.user_id}
        </a>
      </td>
      <td class="transition-change" role="cell">
        {one.before !== null && <Look status={one.before} />} <span aria-hidden="true">→</span>{" "}
        <Look status={one.after} />
      </td>
      <td class="transition-cause" role="cell">
        {causeWord(one.cause)}
      </td>
      <td class="transition-lag" role="cell">
        {seconds(one.lag_ms)}
      </td>
    </tr>
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
