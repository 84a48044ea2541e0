/**
 * A message's text, open for change in its place: Enter saves, Esc leaves it as it was.
 *
 * @import {Message} from "../types"
 */

import { useEffect, useRef } from "preact/hooks";

import { boot } from "../boot.js";
import { sentenceOf } from "../errors.js";
import { t } from "../i18n/index.js";
import { edit, editing } from "../live/acts.js";
import { useAct } from "./act.js";
import { Completion, useCompletion } from "./completing.jsx";
import { isComposing, sends } from "./composing.js";

/** @param {{message: Message}} props */
export function EditBox({ message }) {
  const area = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const { isBusy, error, act } = useAct();
  const completing = useCompletion(area, message.room_id);
  useEffect(() => {
    area.current?.focus();
    area.current?.setSelectionRange(message.body.length, message.body.length);
  }, []);
  const save = (/** @type {Event} */ event) => {
    event.preventDefault();
    const body = area.current?.value ?? "";
    if (body.trim() !== "") act(() => edit(message, body)).then(backToComposer);
  };
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (isComposing(event) || completing.pressed(event)) return;
    if (sends(event)) save(event);
    if (event.key === "Escape") leave();
  };
  return (
    <form class="edit-box" onSubmit={save}>
      <textarea
        ref={area}
        defaultValue={message.body}
        rows={1}
        maxLength={boot.limits.body_max}
        dir="auto"
        aria-label={t("Edit message")}
        onKeyDown={pressed}
        {...completing.aria}
      />
      <Completion completing={completing} />
      {error && (
        <p class="form-error" role="alert">
          {sentenceOf(error)}
        </p>
      )}
      <div class="edit-buttons">
        <button type="button" class="button" onClick={leave}>
          {t("Cancel")}
        </button>
        <button type="submit" class="button is-primary" disabled={isBusy}>
          {t("Save")}
        </button>
      </div>
    </form>
  );
}

function leave() {
  editing.value = null;
  backToComposer();
}

function backToComposer() {
  if (editing.value !== null) return;
  /** @type {HTMLElement | null} */ (document.querySelector(".composer textarea"))?.focus();
}
