/**
 * For how long a room keeps its messages, and what a new rule would remove.
 *
 * @import {Room} from "../types"
 */

import { useId, useState } from "preact/hooks";

import { get } from "../api.js";
import { boot } from "../boot.js";
import { nt, t } from "../i18n/index.js";
import { keptDays } from "./keeping.js";

const DAYS = [7, 30, 90, 365];
const DAYS_MAX = 3650;
const OTHER = "other";

/** @param {{room: Room}} props */
export function KeepMessages({ room }) {
  const most = boot.limits.retention_days;
  const choices = [0, ...DAYS.filter((days) => most === 0 || days < most)];
  const [chosen, setChosen] = useState(
    choices.includes(room.keep_days) ? String(room.keep_days) : OTHER,
  );
  const id = useId();
  const daysId = useId();
  return (
    <div class="field-pair">
      <div class="field">
        <label for={id}>{t("Keep messages")}</label>
        <select
          id={id}
          name="keep"
          value={chosen}
          onChange={(event) => setChosen(event.currentTarget.value)}
        >
          {choices.map((days) => (
            <option key={days} value={String(days)}>
              {wordFor(days || most)}
            </option>
          ))}
          <option value={OTHER}>{t("For another time")}</option>
        </select>
      </div>
      {chosen === OTHER && (
        <div class="field">
          <label for={daysId}>{t("Days")}</label>
          <input
            id={daysId}
            name="keep_days"
            type="number"
            min={1}
            max={DAYS_MAX}
            defaultValue={String(room.keep_days || 30)}
            required
          />
        </div>
      )}
    </div>
  );
}

/** @param {number} days 0: no rule */
function wordFor(days) {
  return days === 0 ? t("For ever") : nt("{n} day", "{n} days", days);
}

/** The rule that the form names. @param {FormData} fields */
export function keepDaysOf(fields) {
  const chosen = fields.get("keep");
  return Number(chosen === OTHER ? fields.get("keep_days") : chosen);
}

/**
 * How many messages a new rule would remove now; 0 for the rule that is set. Rejects with Refusal.
 *
 * @param {Room} room
 * @param {number} keepDays
 * @returns {Promise<number>}
 */
export async function removedBy(room, keepDays) {
  if (keepDays === room.keep_days) return 0;
  const { messages } = await get(`/api/v1/rooms/${room.id}/removal?keep_days=${keepDays}`);
  return messages;
}

/** What the rule would remove now, before it does. @param {{count: number, keepDays: number}} props */
export function RemovalWarning({ count, keepDays }) {
  return (
    <p class="dialog-text" role="alert">
      {nt(
        "{n} message is older than {days} days and will be removed for good.",
        "{n} messages are older than {days} days and will be removed for good.",
        count,
        { days: keptDays(keepDays) },
      )}
    </p>
  );
}
