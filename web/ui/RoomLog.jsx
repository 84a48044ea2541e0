/**
 * What was done in a room, by whom and why, for those who keep order in it; the newest first.
 *
 * @import {AuditEntry, Room} from "../types"
 */

import { useEffect, useState } from "preact/hooks";

import { get } from "../api.js";
import { t } from "../i18n/index.js";
import { isoTime, wholeTime } from "../i18n/times.js";
import { useAct } from "./act.js";
import { Dialog } from "./Dialog.jsx";
import { closeDialog } from "./dialogs.js";
import { EmptyState } from "./EmptyState.jsx";
import { GeneralError } from "./form.jsx";
import { roleWord } from "./KeepOrder.jsx";

const PAGE = 30;

/** @param {{room: Room}} props */
export function RoomLog({ room }) {
  const [entries, setEntries] = useState(/** @type {AuditEntry[] | null} */ (null));
  const [hasMore, setMore] = useState(false);
  const { isBusy, error, act } = useAct();
  const load = (/** @type {AuditEntry[]} */ held) =>
    act(async () => {
      const last = held.at(-1);
      const older = last ? `&before=${last.id}` : "";
      const answer = await get(`/api/v1/rooms/${room.id}/audit?limit=${PAGE}${older}`);
      setEntries([...held, ...answer.entries]);
      setMore(answer.has_more);
    });
  useEffect(() => void load([]), [room.id]);
  return (
    <Dialog title={t("Log of this room")} onClose={closeDialog}>
      <GeneralError error={error} named={[]} />
      {entries?.length === 0 && <EmptyState text={t("Nothing was done here yet.")} />}
      <ol class="found">
        {entries?.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
        {hasMore && (
          <li>
            <button
              type="button"
              class="button"
              disabled={isBusy}
              onClick={() => load(entries ?? [])}
            >
              {t("Show older ones")}
            </button>
          </li>
        )}
      </ol>
    </Dialog>
  );
}

/** @param {{entry: AuditEntry}} props */
function Entry({ entry }) {
  return (
    <li class="found-one">
      <span dir="auto">{sentenceFor(entry)}</span>
      {detailsOf(entry).map((line) => (
        <small key={line} dir="auto">
          {line}
        </small>
      ))}
      <small>
        <time dateTime={isoTime(entry.at_ms)}>{wholeTime(entry.at_ms)}</time>
      </small>
    </li>
  );
}

/** @param {AuditEntry} entry */
function sentenceFor({ act, by: keeper, user: person, facts }) {
  const by = keeper.display_name;
  const user = person?.display_name ?? "";
  const role = roleWord(facts.role?.[1] ?? "member");
  /** @type {Record<string, () => string>} */
  const sentences = {
    change_room: () => t("{by} changed the room", { by }),
    archive: () => t("{by} archived the room", { by }),
    restore: () => t("{by} restored the room", { by }),
    export: () => t("{by} exported the room", { by }),
    import: () => t("{by} imported the room", { by }),
    set_role: () => t("{by} gave {user} the role “{role}”", { by, user, role }),
    kick: () => t("{by} removed {user} from the room", { by, user }),
    mute: () => t("{by} muted {user}", { by, user }),
    unmute: () => t("{by} let {user} write again", { by, user }),
    ban: () => t("{by} banned {user}", { by, user }),
    unban: () => t("{by} lifted the ban of {user}", { by, user }),
    invite: () => t("{by} made an invite link", { by }),
    revoke: () => t("{by} took an invite link back", { by }),
  };
  return sentences[act]?.() ?? `${by}: ${act}`;
}

/** What belongs to the act: why, until when, from what to what. @param {AuditEntry} entry */
function detailsOf({ act, facts }) {
  const lines = [];
  if (facts.reason) lines.push(t("Reason: {reason}", { reason: facts.reason }));
  if (facts.until_ms) lines.push(t("Until {time}", { time: wholeTime(facts.until_ms) }));
  if (act !== "change_room") return lines;
  for (const [name, change] of Object.entries(facts))
    if (Array.isArray(change)) lines.push(`${factWord(name)}: ${change.map(shown).join(" → ")}`);
  return lines;
}

/** @param {unknown} value */
function shown(value) {
  return value === "" ? "–" : String(value);
}

/** @param {string} name */
function factWord(name) {
  /** @type {Record<string, () => string>} */
  const words = {
    name: () => t("Name"),
    topic: () => t("Topic"),
    description: () => t("Description"),
    visibility: () => t("Who can join?"),
    slow_mode_s: () => t("Slow mode: one message each"),
    keep_days: () => t("Keep messages"),
  };
  return words[name]?.() ?? name;
}
