/**
 * Whom to write to: one person, or several who then have a room of their own.
 */

import { useState } from "preact/hooks";

import { boot } from "../boot.js";
import { t } from "../i18n/index.js";
import { byName } from "../i18n/times.js";
import { openDirect } from "../live/rooms.js";
import { open } from "../live/route.js";
import { roster } from "../live/state.js";
import { statusOf } from "../store/roster.js";
import { useAct } from "./act.js";
import { Dialog } from "./Dialog.jsx";
import { closeDialog } from "./dialogs.js";
import { EmptyState } from "./EmptyState.jsx";
import { Buttons, GeneralError } from "./form.jsx";
import { StatusDot } from "./StatusDot.jsx";

const OTHERS_MAX = 19;

export function DirectDialog() {
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(/** @type {ReadonlySet<string>} */ (new Set()));
  const { isBusy, error, act } = useAct();
  const people = [...roster.value.people.values()]
    .filter((one) => one.user_id !== boot.user.id)
    .toSorted((a, b) => byName(a.display_name, b.display_name));
  const wanted = typed.trim().toLocaleLowerCase();
  const found = people.filter((one) =>
    `${one.display_name}\n${one.username}`.toLocaleLowerCase().includes(wanted),
  );
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    act(async () => {
      const room = await openDirect([...chosen]);
      closeDialog();
      open(room.id);
    });
  };
  const toggle = (/** @type {string} */ id) => {
    const next = new Set(chosen);
    if (!next.delete(id) && next.size < OTHERS_MAX) next.add(id);
    setChosen(next);
  };
  return (
    <Dialog title={t("Write to somebody")} onClose={closeDialog}>
      <form onSubmit={submit}>
        <div class="field">
          <input
            type="search"
            value={typed}
            placeholder={t("Find a person")}
            aria-label={t("Find a person")}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </div>
        {found.length === 0 && (
          <EmptyState text={t("Nobody you share a room with has this name.")} />
        )}
        <ul class="people-list">
          {found.map((one) => (
            <li key={one.user_id}>
              <label class="people-choice">
                <input
                  type="checkbox"
                  checked={chosen.has(one.user_id)}
                  onChange={() => toggle(one.user_id)}
                />
                <StatusDot status={statusOf(roster.value, one.user_id)} />
                <span dir="auto">{one.display_name}</span>
                <small>@{one.username}</small>
              </label>
            </li>
          ))}
        </ul>
        <GeneralError error={error} named={[]} />
        <Buttons isBusy={isBusy || chosen.size === 0} text={t("Write")} />
      </form>
    </Dialog>
  );
}
