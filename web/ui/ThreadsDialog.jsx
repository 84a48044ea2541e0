/**
 * The threads of a room in which something is unread, with a way into each. Of a root that is gone
 * a stub stays, while its thread does.
 *
 * @import {ErrorBody, Message, Room} from "../types"
 */

import { useEffect, useState } from "preact/hooks";

import { errorOf, get } from "../api.js";
import { sentenceOf } from "../errors.js";
import { t } from "../i18n/index.js";
import { wholeTime } from "../i18n/times.js";
import { comebacks, isGone } from "../live/gone.js";
import { openThread } from "../live/thread.js";
import { unreadRoots } from "../live/threads.js";
import { Dialog } from "./Dialog.jsx";
import { closeDialog } from "./dialogs.js";
import { EmptyState } from "./EmptyState.jsx";
import { ThreadNews } from "./ThreadNews.jsx";

const SHOWN_MAX = 20;

/** @param {{room: Room}} props */
export function ThreadsDialog({ room }) {
  const ids = unreadRoots(room.id);
  const { roots, error } = useRoots(ids.slice(0, SHOWN_MAX));
  return (
    <Dialog title={t("Unread threads")} onClose={closeDialog}>
      {error && (
        <p class="form-error" role="alert">
          {sentenceOf(error)}
        </p>
      )}
      {ids.length === 0 && (
        <EmptyState text={t("You have read every thread of this room that you follow.")} />
      )}
      <ol class="found">
        {roots
          .filter(({ id }) => ids.includes(id))
          .map((root) => (
            <li key={root.id} class="found-one">
              <small dir="auto">
                <strong>{root.author?.display_name}</strong> · {wholeTime(root.at_ms)}
              </small>
              <Text root={root} />
              <button type="button" class="thread-link" onClick={() => go(root)}>
                {t("Open the thread")}
                <ThreadNews rootId={root.id} />
              </button>
            </li>
          ))}
      </ol>
    </Dialog>
  );
}

/** @param {{root: Message}} props */
function Text({ root }) {
  if (isGone(root)) return <p class="body is-deleted">{t("This message was deleted.")}</p>;
  return <div class="body" dir="auto" dangerouslySetInnerHTML={{ __html: root.html ?? "" }} />;
}

/** @param {Message} root */
function go(root) {
  closeDialog();
  openThread(root);
}

/** @param {unknown} thrown */
function unlessGone(thrown) {
  if (errorOf(thrown).code !== "not_found") throw thrown;
}

/**
 * What was answered; it is asked for once, and when the line was down. One that is kept no more is
 * left out.
 *
 * @param {string[]} ids
 */
function useRoots(ids) {
  const [roots, setRoots] = useState(/** @type {Message[]} */ ([]));
  const [error, setError] = useState(/** @type {ErrorBody | null} */ (null));
  useEffect(() => {
    const asked = ids.map((id) => get(`/api/v1/messages/${id}`).catch(unlessGone));
    Promise.all(asked).then(
      (answers) => setRoots(answers.flatMap((answer) => answer?.message ?? [])),
      (thrown) => setError(errorOf(thrown)),
    );
  }, [comebacks.value]);
  return { roots, error };
}
