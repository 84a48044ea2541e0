/**
 * What the reader saved for later, with a way to where it was said.
 *
 * @import {Message, SavedMessage} from "../types"
 */

import { useEffect } from "preact/hooks";

import { sentenceOf } from "../errors.js";
import { t } from "../i18n/index.js";
import { wholeTime } from "../i18n/times.js";
import { isDeleted, isRemoved } from "../live/gone.js";
import { hasMoreSaved, loadOlderSaved, loadSaved, saved, toggleSaved } from "../live/saved.js";
import { rooms } from "../live/state.js";
import { goTo } from "../live/visiting.js";
import { useAct } from "./act.js";
import { Dialog } from "./Dialog.jsx";
import { closeDialog } from "./dialogs.js";
import { EmptyState } from "./EmptyState.jsx";

export function SavedDialog() {
  const { isBusy, error, act } = useAct();
  const kept = saved.value?.filter(({ message }) => !isRemoved(message));
  useEffect(() => void act(loadSaved), []);
  return (
    <Dialog title={t("Saved messages")} onClose={closeDialog}>
      {error && (
        <p class="form-error" role="alert">
          {sentenceOf(error)}
        </p>
      )}
      {kept?.length === 0 && (
        <EmptyState text={t("Nothing is saved yet. Save a message from its menu.")} />
      )}
      <ol class="found">
        {kept?.map((one) => (
          <SavedLine key={one.message.id} one={one} />
        ))}
      </ol>
      {hasMoreSaved.value && (
        <button type="button" class="button" disabled={isBusy} onClick={() => act(loadOlderSaved)}>
          {t("Show older ones")}
        </button>
      )}
    </Dialog>
  );
}

/** @param {{one: SavedMessage}} props */
function SavedLine({ one: { message } }) {
  const { isBusy, error, act } = useAct();
  const jump = () => {
    closeDialog();
    goTo(message);
  };
  return (
    <li class="found-one">
      <small dir="auto">
        <strong>{message.author?.display_name}</strong> · {rooms.value?.get(message.room_id)?.name}{" "}
        · {wholeTime(message.at_ms)}
      </small>
      <Text message={message} />
      {error && (
        <p class="form-error" role="alert">
          {sentenceOf(error)}
        </p>
      )}
      <span class="button-row">
        <button type="button" class="link-button" onClick={jump}>
          {t("Go to the message")}
        </button>
        <button
          type="button"
          class="link-button"
          disabled={isBusy}
          onClick={() => act(() => toggleSaved(message))}
        >
          {t("Remove from saved")}
        </button>
      </span>
    </li>
  );
}

/** @param {{message: Message}} props */
function Text({ message }) {
  if (isDeleted(message)) return <p class="body is-deleted">{t("This message was deleted.")}</p>;
  return <div class="body" dir="auto" dangerouslySetInnerHTML={{ __html: message.html ?? "" }} />;
}
