/**
 * The right pane while a thread is open: its root, the answers, and where one answers.
 *
 * @import {Room} from "../types"
 */

import { useEffect, useRef } from "preact/hooks";

import { boot } from "../boot.js";
import { sentenceOf } from "../errors.js";
import { nt, t } from "../i18n/index.js";
import { dayOf } from "../i18n/times.js";
import { closeThread, threadMessages, threadPending } from "../live/thread.js";
import { rowsOf } from "../store/rows.js";
import { Composer } from "./Composer.jsx";
import { Icon } from "./Icon.jsx";
import { MessageLine, PendingLine } from "./Message.jsx";

/** @param {{room: Room, thread: import("../live/thread.js").Thread}} props */
export function ThreadPane({ room, thread }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [root, ...answers] = threadMessages.value;
  const count = answers.length + threadPending.value.length;
  useEffect(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [count]);
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape" && !event.defaultPrevented) close();
  };
  return (
    <aside class="roster thread" aria-label={t("Thread")} onKeyDown={pressed}>
      <header class="pane-head roster-head">
        <h2>{t("Thread")}</h2>
        <button type="button" class="icon-button" onClick={close} aria-label={t("Close thread")}>
          <Icon name="close" />
        </button>
      </header>
      <div ref={box} class="thread-scroll" tabIndex={0} role="region" aria-label={t("Answers")}>
        <ol>
          {root && <MessageLine message={root} isHead inThread />}
          {count > 0 && <li class="thread-count">{nt("{n} answer", "{n} answers", count)}</li>}
          {rowsOf(answers, threadPending.value, { ownId: boot.user.id, newFrom: undefined, dayOf })
            .filter((row) => row.kind === "message" || row.kind === "pending")
            .map((row) =>
              row.kind === "pending" ? (
                <PendingLine key={row.key} entry={row.entry} isHead={row.isHead} />
              ) : (
                <MessageLine key={row.key} message={row.message} isHead={row.isHead} inThread />
              ),
            )}
        </ol>
        {thread.error && (
          <p class="form-error" role="alert">
            {sentenceOf(thread.error)}
          </p>
        )}
      </div>
      <Composer key={thread.rootId} room={room} threadId={thread.rootId} />
    </aside>
  );
}

function close() {
  closeThread();
  /** @type {HTMLElement | null} */ (document.querySelector(".composer textarea"))?.focus();
}
