/**
 * To the first message of a day, in the reader's own time zone.
 *
 * @import {Room} from "../types"
 */

import { useId } from "preact/hooks";

import { sentenceOf } from "../errors.js";
import { t } from "../i18n/index.js";
import { going, goToTime } from "../live/visiting.js";
import { Dialog } from "./Dialog.jsx";
import { closeDialog } from "./dialogs.js";
import { Buttons, field } from "./form.jsx";

/** @param {{room: Room}} props */
export function DateDialog({ room }) {
  const id = useId();
  const state = going.value;
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const day = field(new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)), "day");
    await goToTime(room.id, new Date(`${day}T00:00`).getTime());
    if (going.value === null) closeDialog();
  };
  return (
    <Dialog title={t("Jump to a date")} onClose={closeDialog}>
      <form onSubmit={submit}>
        <div class="field">
          <label for={id}>{t("Day")}</label>
          <input id={id} name="day" type="date" min="1970-01-02" max="9999-12-31" required />
        </div>
        {typeof state === "object" && state !== null && (
          <p class="form-error" role="alert">
            {sentenceOf(state)}
          </p>
        )}
        <Buttons isBusy={state === "place"} text={t("Jump")} />
      </form>
    </Dialog>
  );
}
