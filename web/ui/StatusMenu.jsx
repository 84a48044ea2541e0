/**
 * The part of the reader's menu that says how others shall see him.
 *
 * @import {Claim, Claimed} from "../types"
 */

import { errorOf } from "../api.js";
import { sentenceOf } from "../errors.js";
import { t } from "../i18n/index.js";
import { ownClaim } from "../live/state.js";
import { setStatus } from "../live/status.js";
import { show } from "./dialogs.js";
import { Icon } from "./Icon.jsx";
import { notify } from "./notice.js";
import { StatusDot } from "./StatusDot.jsx";
import { claimedWord, shownAs, untilWord, wordsOf } from "./statusWords.js";

/** @type {Claimed[]} */
const CHOICES = ["online", "away", "busy", "invisible"];

/** @param {{close: () => void}} props */
export function StatusMenu({ close }) {
  const chosen = ownClaim.value?.status ?? "online";
  const choose = (/** @type {Claimed} */ status) => {
    close();
    setStatus({ status }).catch((thrown) => notify(sentenceOf(errorOf(thrown))));
  };
  return (
    <fieldset class="choice statuses">
      <legend>{t("Your status")}</legend>
      {CHOICES.map((status) => (
        <button
          key={status}
          type="button"
          class="menu-item"
          aria-pressed={status === chosen}
          disabled={ownClaim.value === null}
          onClick={() => choose(status)}
        >
          <StatusSign status={status} />
          <span class="menu-word">{claimedWord(status)}</span>
          {status === chosen && <Icon name="check" size={18} />}
        </button>
      ))}
      {chosen === "invisible" && <p class="menu-hint">{t("Others see you as offline.")}</p>}
      <TextItem claim={ownClaim.value} close={close} />
    </fieldset>
  );
}

/** What the reader has said, or the offer to say something. */
function TextItem(/** @type {{claim: Claim | null, close: () => void}} */ { claim, close }) {
  const open = () => {
    close();
    show({ kind: "status" });
  };
  const words = wordsOf(claim);
  return (
    <button type="button" class="menu-item" disabled={claim === null} onClick={open}>
      <Icon name="pencil" size={18} />
      <span class="menu-word" dir="auto">
        {words || t("Set a text or a time")}
        {claim?.until_ms && <small>{untilWord(claim.until_ms)}</small>}
      </span>
    </button>
  );
}

/** The dot as decoration: the word stands beside it. @param {{status: Claimed}} props */
function StatusSign({ status }) {
  return (
    <span class="status-sign" aria-hidden="true">
      <StatusDot status={shownAs(status)} size={14} />
    </span>
  );
}
