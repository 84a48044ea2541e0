/** Emoji to react with: the usual ones by a click, any other one by the system's own keyboard. */

import { useState } from "preact/hooks";

import { t } from "../i18n/index.js";

const USUAL = [
  ..."👍👎❤️😂😮😢🎉🙏".matchAll(/\p{Emoji}\uFE0F?/gu),
  ..."👀✅❌🔥🚀💯👏🙌🤔😅😍🥳😎😴🤝💪👋☕🍀⭐".matchAll(/\p{Emoji}\uFE0F?/gu),
].map(([emoji]) => emoji);

/** @param {{onChoose: (emoji: string) => void}} props */
export function EmojiPanel({ onChoose }) {
  const [typed, setTyped] = useState("");
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (typed.trim() !== "") onChoose(typed.trim());
  };
  return (
    <div class="emoji-panel">
      <div class="emoji-grid">
        {USUAL.map((emoji) => (
          <button key={emoji} type="button" class="emoji" onClick={() => onChoose(emoji)}>
            {emoji}
          </button>
        ))}
      </div>
      <form class="emoji-any" onSubmit={submit}>
        <input
          value={typed}
          maxLength={32}
          autoComplete="off"
          aria-label={t("Another emoji")}
          placeholder={t("Another emoji")}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <button type="submit" class="button" disabled={typed.trim() === ""}>
          {t("React")}
        </button>
      </form>
    </div>
  );
}
