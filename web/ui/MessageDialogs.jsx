/**
 * Everything that is done to messages in a dialog.
 *
 * @import {ErrorBody, Message, Room} from "../types"
 */

import { useEffect, useState } from "preact/hooks";

import { errorOf, get } from "../api.js";
import { sentenceOf } from "../errors.js";
import { nt, t } from "../i18n/index.js";
import { wholeTime } from "../i18n/times.js";
import { erase, pin } from "../live/acts.js";
import { comebacks, isGone } from "../live/gone.js";
import { signOut } from "../live/leaving.js";
import { outbox } from "../live/state.js";
import { unsentOf } from "../store/outbox.js";
import { useAct } from "./act.js";
import { Dialog } from "./Dialog.jsx";
import { closeDialog, dialog } from "./dialogs.js";
import { EmptyState } from "./EmptyState.jsx";
import { Buttons, GeneralError } from "./form.jsx";
import { notify } from "./notice.js";
import { SavedDialog } from "./SavedDialog.jsx";
import { SeenDialog } from "./SeenDialog.jsx";
import { ThreadsDialog } from "./ThreadsDialog.jsx";

/** Of the messages that would be lost, so many are shown. */
const QUOTED = 3;

export function MessageDialogs() {
  const which = dialog.value;
  useEndOfGone(which);
  if (which?.kind === "erase") return <Erase message={which.message} />;
  if (which?.kind === "versions") return <Versions message={which.message} />;
  if (which?.kind === "seen") return <SeenDialog message={which.message} />;
  if (which?.kind === "saved") return <SavedDialog />;
  if (which?.kind === "pins") return <Pins room={which.room} />;
  if (which?.kind === "threads") return <ThreadsDialog room={which.room} />;
  if (which?.kind === "sign_out") return <SignOut />;
  return null;
}

/**
 * What is about a message closes when that is gone.
 *
 * @param {import("./dialogs.js").Open | null} which
 */
function useEndOfGone(which) {
  const isOver = which !== null && "message" in which && isGone(which.message);
  useEffect(() => {
    if (!isOver) return;
    if (which.kind !== "erase") notify(t("This message is not there any more."));
    closeDialog();
  }, [isOver]);
}

/** @param {{message: Message}} props */
function Erase({ message }) {
  const { isBusy, error, act } = useAct();
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    act(async () => {
      await erase(message);
      closeDialog();
    });
  };
  return (
    <Dialog title={t("Delete this message?")} onClose={closeDialog}>
      <form onSubmit={submit}>
        <p class="dialog-text">
          {t("Its text is removed for everybody and cannot be brought back.")}
        </p>
        <blockquote class="dialog-quote" dir="auto">
          {message.body}
        </blockquote>
        {error && (
          <p class="form-error" role="alert">
            {sentenceOf(error)}
          </p>
        )}
        <div class="dialog-buttons">
          <button type="button" class="button" onClick={closeDialog}>
            {t("Cancel")}
          </button>
          <button type="submit" class="button is-danger" disabled={isBusy}>
            {t("Delete")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Signing out forgets what was not sent. */
function SignOut() {
  const { isBusy, error, act } = useAct();
  const unsent = unsentOf(outbox.value);
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    act(signOut);
  };
  return (
    <Dialog title={t("Sign out and lose what was not sent?")} onClose={closeDialog}>
      <form onSubmit={submit}>
        <p class="dialog-text">
          {nt(
            "{n} message was not sent yet. Signing out deletes it.",
            "{n} messages were not sent yet. Signing out deletes them.",
            unsent.length,
          )}
        </p>
        {unsent.slice(0, QUOTED).map((entry) => (
          <blockquote key={entry.client_id} class="dialog-quote" dir="auto">
            {entry.body}
          </blockquote>
        ))}
        <GeneralError error={error} named={[]} />
        <Buttons isBusy={isBusy} text={t("Sign out")} isDanger />
      </form>
    </Dialog>
  );
}

/** @param {{message: Message}} props */
function Versions({ message }) {
  const { found, error } = useFound(`/api/v1/messages/${message.id}/history`, "versions");
  return (
    <Dialog title={t("What it said before")} onClose={closeDialog}>
      <Loaded error={error} isEmpty={found?.length === 0} empty={t("There is nothing left of it.")}>
        <ol class="found">
          {found?.map((version) => (
            <li key={version.at_ms} class="found-one">
              <small>{wholeTime(version.at_ms)}</small>
              <div class="body" dir="auto" dangerouslySetInnerHTML={{ __html: version.html }} />
            </li>
          ))}
        </ol>
      </Loaded>
    </Dialog>
  );
}

/** @param {{room: Room}} props */
function Pins({ room }) {
  const { found, error, without } = useFound(`/api/v1/rooms/${room.id}/pins`, "messages");
  const pins = found?.filter((message) => !isGone(message));
  const unpin = async (/** @type {Message} */ message) => {
    await pin(message);
    without(message);
  };
  return (
    <Dialog title={t("Pinned messages")} onClose={closeDialog}>
      <Loaded
        error={error}
        isEmpty={pins?.length === 0}
        empty={t("Nothing is pinned yet. Pin a message from its menu.")}
      >
        <ol class="found">
          {pins?.map((message) => (
            <li key={message.id} class="found-one">
              <small dir="auto">
                <strong>{message.author?.display_name}</strong> · {wholeTime(message.at_ms)}
              </small>
              <div class="body" dir="auto" dangerouslySetInnerHTML={{ __html: message.html }} />
              <button type="button" class="link-button" onClick={() => unpin(message)}>
                {t("Unpin")}
              </button>
            </li>
          ))}
        </ol>
      </Loaded>
    </Dialog>
  );
}

/**
 * @param {{
 *   error: ErrorBody | null, isEmpty: boolean, empty: string,
 *   children: import("preact").ComponentChildren,
 * }} props
 */
function Loaded({ error, isEmpty, empty, children }) {
  if (error)
    return (
      <p class="form-error" role="alert">
        {sentenceOf(error)}
      </p>
    );
  return isEmpty ? <EmptyState text={empty} /> : children;
}

/**
 * What the server answers at that path, asked again when the line was down; null until it came.
 *
 * @param {string} path
 * @param {string} name
 */
function useFound(path, name) {
  const [found, setFound] = useState(/** @type {any[] | null} */ (null));
  const [error, setError] = useState(/** @type {ErrorBody | null} */ (null));
  useEffect(() => {
    get(path).then(
      (answer) => setFound(answer[name]),
      (thrown) => setError(errorOf(thrown)),
    );
  }, [path, comebacks.value]);
  const without = (/** @type {any} */ one) =>
    setFound((all) => all?.filter((other) => other !== one) ?? null);
  return { found, error, without };
}
