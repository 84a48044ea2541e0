/**
 * A text and an emoji beside one's status, and until when both hold.
 *
 * @import {Claim, ErrorBody} from "../types"
 * @import {Span} from "../store/claim.js"
 */

import { useId, useState } from "preact/hooks";

import { boot } from "../boot.js";
import { sentenceOf } from "../errors.js";
import { t } from "../i18n/index.js";
import { ownClaim } from "../live/state.js";
import { setStatus } from "../live/status.js";
import { SPANS, untilAfter } from "../store/claim.js";
import { useAct } from "./act.js";
import { Dialog } from "./Dialog.jsx";
import { closeDialog } from "./dialogs.js";
import { claimedWord, untilWord, wordsOf } from "./statusWords.js";

/** @type {() => {emoji: string, text: string, span: Span}[]} */
const presets = () => [
  { emoji: "📅", text: t("In a meeting"), span: "hour" },
  { emoji: "🎧", text: t("Focusing"), span: "four_hours" },
  { emoji: "🍜", text: t("Lunch break"), span: "half_hour" },
  { emoji: "🏠", text: t("Working from home"), span: "today" },
  { emoji: "🤒", text: t("Off sick"), span: "today" },
  { emoji: "🌴", text: t("On holiday"), span: "never" },
];

/** @typedef {Span | "kept"} Choice kept: until when it held before */

/** @typedef {{emoji: string, text: string, span: Choice}} Wish */

export function StatusDialog() {
  const claim = ownClaim.value;
  const [wish, setWish] = useState(() => wishFrom(claim));
  const { isBusy, error, act } = useAct();
  const tell = (/** @type {Partial<Claim>} */ change) =>
    act(async () => {
      await setStatus(change);
      closeDialog();
    });
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const until = wish.span === "kept" ? {} : { until_ms: untilAfter(wish.span, Date.now()) };
    tell({ text: wish.text.trim() || null, emoji: wish.emoji.trim() || null, ...until });
  };
  return (
    <Dialog title={t("Your status")} onClose={closeDialog}>
      <form onSubmit={submit}>
        <Words wish={wish} onChange={setWish} error={error} />
        <Presets onChoose={setWish} />
        <ClearAfter wish={wish} onChange={setWish} until={claim?.until_ms ?? null} />
        <p class="dialog-text status-note">{noteOf(claim)}</p>
        <Refusal error={error} />
        <div class="dialog-buttons">
          {wordsOf(claim) && (
            <button
              type="button"
              class="button"
              disabled={isBusy}
              onClick={() => tell({ text: null, emoji: null, until_ms: null })}
            >
              {t("Clear")}
            </button>
          )}
          <button type="submit" class="button is-primary" disabled={isBusy}>
            {t("Save")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** @param {{wish: Wish, onChange: (wish: Wish) => void, error: ErrorBody | null}} props */
function Words({ wish, onChange, error }) {
  return (
    <div class="field status-words">
      <input
        class="status-emoji"
        aria-label={t("Emoji")}
        value={wish.emoji}
        maxLength={16}
        placeholder="🙂"
        autocomplete="off"
        aria-invalid={error?.field === "emoji"}
        onInput={(event) => onChange({ ...wish, emoji: event.currentTarget.value })}
      />
      <input
        aria-label={t("Status text")}
        value={wish.text}
        maxLength={boot.limits.status_text_max}
        placeholder={t("What are you doing?")}
        autocomplete="off"
        dir="auto"
        autofocus
        aria-invalid={error?.field === "text"}
        onInput={(event) => onChange({ ...wish, text: event.currentTarget.value })}
      />
    </div>
  );
}

/** @param {{onChoose: (wish: Wish) => void}} props */
function Presets({ onChoose }) {
  return (
    <fieldset class="presets">
      <legend>{t("Suggestions")}</legend>
      {presets().map((preset) => (
        <button key={preset.emoji} type="button" class="preset" onClick={() => onChoose(preset)}>
          <span aria-hidden="true">{preset.emoji}</span>
          {preset.text}
        </button>
      ))}
    </fieldset>
  );
}

/** @param {{wish: Wish, onChange: (wish: Wish) => void, until: number | null}} props */
function ClearAfter({ wish, onChange, until }) {
  const id = useId();
  const chosen = (/** @type {string} */ span) =>
    onChange({ ...wish, span: /** @type {Choice} */ (span) });
  return (
    <div class="field">
      <label for={id}>{t("Clear after")}</label>
      <select id={id} value={wish.span} onChange={(event) => chosen(event.currentTarget.value)}>
        {until !== null && <option value="kept">{untilWord(until)}</option>}
        {SPANS.map((span) => (
          <option key={span} value={span}>
            {spanWord(span)}
          </option>
        ))}
      </select>
    </div>
  );
}

/** @param {{error: ErrorBody | null}} props */
function Refusal({ error }) {
  if (error === null) return null;
  const isEmoji = error.field === "emoji";
  return (
    <p class="form-error" role="alert">
      {isEmoji ? t("This is not one emoji.") : sentenceOf(error)}
    </p>
  );
}

/** @param {Span} span */
function spanWord(span) {
  return {
    half_hour: () => t("30 minutes"),
    hour: () => t("1 hour"),
    four_hours: () => t("4 hours"),
    today: () => t("Today"),
    never: () => t("Never"),
  }[span]();
}

/** What the time does to the status itself. @param {Claim | null} claim */
function noteOf(claim) {
  if (claim === null || claim.status === "online") return t("Shown beside your name to everybody.");
  if (claim.status === "invisible") return t("Nobody sees it while you are invisible.");
  return t("“{status}” ends at the same time.", { status: claimedWord(claim.status) });
}

/** @param {Claim | null} claim @returns {Wish} */
function wishFrom(claim) {
  return {
    emoji: claim?.emoji ?? "",
    text: claim?.text ?? "",
    span: claim?.until_ms ? "kept" : "never",
  };
}
