/**
 * A room taken away as a file: which kind, how far it is, and that it is there.
 *
 * @import {Format} from "../live/exporting.js"
 * @import {Room} from "../types"
 */

import { useEffect, useRef, useState } from "preact/hooks";

import { t } from "../i18n/index.js";
import { exportRoom, save } from "../live/exporting.js";
import { useAct } from "./act.js";
import { Dialog } from "./Dialog.jsx";
import { closeDialog } from "./dialogs.js";
import { Buttons, GeneralError } from "./form.jsx";

/** @typedef {{done: number, of: number}} Place */

/** @param {{room: Room}} props */
export function ExportRoom({ room }) {
  const { isBusy, error, act } = useAct();
  const [place, setPlace] = useState(/** @type {Place | null} */ (null));
  const [isSaved, setSaved] = useState(false);
  const ending = useRef(new AbortController());
  useEffect(() => () => ending.current.abort(), []);
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const format = /** @type {Format} */ (fields.get("format"));
    setSaved(false);
    act(async () => {
      const progress = (/** @type {number} */ done, /** @type {number} */ of) =>
        setPlace({ done, of });
      try {
        save(await exportRoom(room, format, progress, ending.current.signal));
        setSaved(true);
      } finally {
        setPlace(null);
      }
    });
  };
  return (
    <Dialog title={t("Export this room")} onClose={closeDialog}>
      <form onSubmit={submit}>
        <p class="dialog-text">
          {t("The file holds everything that was said here. Keep it as carefully as the room.")}
        </p>
        <Formats />
        <div role="status">
          {place && <Bar place={place} />}
          {isSaved && <p class="dialog-text">{t("The file is saved.")}</p>}
        </div>
        <GeneralError error={error} named={[]} />
        <Buttons isBusy={isBusy} text={t("Export")} />
      </form>
    </Dialog>
  );
}

function Formats() {
  return (
    <fieldset class="cards">
      <legend>{t("What kind of file?")}</legend>
      <Format
        value="jsonl"
        title={t("JSON Lines")}
        text={t("Complete: programs read it, and a room can be made of it again.")}
        isChosen
      />
      <Format
        value="html"
        title={t("Web page")}
        text={t("To read, search and print, without a server.")}
      />
    </fieldset>
  );
}

/** @param {{value: string, title: string, text: string, isChosen?: boolean}} props */
function Format({ value, title, text, isChosen = false }) {
  return (
    <label class="card">
      <input type="radio" name="format" value={value} defaultChecked={isChosen} />
      <span>
        <strong>{title}</strong>
        <small>{text}</small>
      </span>
    </label>
  );
}

/** @param {{place: Place}} props */
function Bar({ place: { done, of } }) {
  const words = t("{done} of {count} messages", { done, count: of });
  return (
    <p class="export-bar">
      <progress value={done} max={Math.max(1, of)} aria-label={words} />
      <small aria-hidden="true">{words}</small>
    </p>
  );
}
