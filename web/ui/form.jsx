/**
 * What the forms of dialogs are made of.
 *
 * @import {ErrorBody} from "../types"
 */

import { useId } from "preact/hooks";

import { sentenceOf } from "../errors.js";
import { t } from "../i18n/index.js";
import { closeDialog } from "./dialogs.js";

/**
 * @param {{name: string, label: string, max: number, error: ErrorBody | null, required?: boolean, value?: string}} props
 */
export function Field({ name, label, max, error, required = false, value }) {
  const isWrong = error?.field === name || (name === "name" && error?.code === "room_name_taken");
  const id = useId();
  const errorId = `${id}-error`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        maxLength={max}
        required={required}
        defaultValue={value}
        autoComplete="off"
        dir="auto"
        aria-invalid={isWrong}
        aria-describedby={isWrong ? errorId : undefined}
      />
      {isWrong && error && (
        <small id={errorId} class="form-error" role="alert">
          {sentenceOf(error)}
        </small>
      )}
    </div>
  );
}

/**
 * A refusal that belongs to no field on the form.
 *
 * @param {{error: ErrorBody | null, named: string[]}} props
 */
export function GeneralError({ error, named }) {
  if (error === null || named.includes(error.field ?? "") || error.code === "room_name_taken")
    return null;
  return (
    <p class="form-error" role="alert">
      {sentenceOf(error)}
    </p>
  );
}

/** @param {{isBusy: boolean, text: string, isDanger?: boolean}} props */
export function Buttons({ isBusy, text, isDanger = false }) {
  return (
    <div class="dialog-buttons">
      <button type="button" class="button" onClick={closeDialog}>
        {t("Cancel")}
      </button>
      <button
        type="submit"
        class={`button ${isDanger ? "is-danger" : "is-primary"}`}
        disabled={isBusy}
      >
        {text}
      </button>
    </div>
  );
}

/** @param {FormData} fields @param {string} name */
export function field(fields, name) {
  return String(fields.get(name) ?? "").trim();
}
