/**
 * One message; the server's HTML is safe as it is (chat/messages/markdown.py), nothing else is
 * ever inserted as HTML.
 *
 * @import {Message, Pending} from "../types"
 */

import { boot } from "../boot.js";
import { sentenceOf } from "../errors.js";
import { nt, t } from "../i18n/index.js";
import { clockTime, isoTime, wholeTime } from "../i18n/times.js";
import { editing, namesOf } from "../live/acts.js";
import { drop, retry } from "../live/sending.js";
import { isSaved } from "../live/saved.js";
import { roster } from "../live/state.js";
import { openThread } from "../live/thread.js";
import { isKept } from "../live/unsent.js";
import { line } from "../socket.js";
import { means } from "../store/mentions.js";
import { Avatar } from "./Avatar.jsx";
import { copyText } from "./copying.js";
import { Icon } from "./Icon.jsx";
import { later } from "./later.jsx";
import { Reactions } from "./Reactions.jsx";
import { parts } from "./whole.js";

const EditBox = later(async () => (await parts()).EditBox);
const MessageActions = later(async () => (await parts()).MessageActions);
const SeenBy = later(async () => (await parts()).SeenBy);
const ThreadNews = later(async () => (await parts()).ThreadNews);

/**
 * @param {{
 *   message: Message, isHead: boolean, inThread?: boolean, isAimed?: boolean, seenBy?: string[],
 * }} props
 */
export function MessageLine({ message, isHead, inThread = false, isAimed = false, seenBy }) {
  const name = nameOf(message);
  const isOpen = editing.value === message.id && !message.deleted;
  const isMeant = means(message, boot.user.id);
  const marks = [
    "line",
    isHead && "is-head",
    message.pinned_at_ms && "is-pinned",
    isMeant && "is-meant",
    isAimed && "is-aimed",
  ];
  return (
    <li
      class={marks.filter(Boolean).join(" ")}
      data-seq={message.seq}
      data-key={`${message.author_id} ${message.client_id}`}
    >
      <article
        class="message"
        aria-label={t("{name}, {time}", { name, time: clockTime(message.at_ms) })}
      >
        <Gutter id={message.author_id} name={name} atMs={message.at_ms} isHead={isHead} />
        <div class="message-main">
          {isHead && <Byline name={name} atMs={message.at_ms} />}
          {message.pinned_at_ms && <Stamp icon="pin" text={t("Pinned")} />}
          {isSaved(message) && <Stamp icon="bookmark" text={t("Saved for later")} />}
          {isMeant && <span class="visually-hidden">{t("This message mentions you.")}</span>}
          {isOpen ? <EditBox message={message} /> : <Body message={message} />}
          <Reactions message={message} />
          {!inThread && <ThreadLink message={message} />}
          {seenBy && <SeenBy message={message} ids={seenBy} />}
        </div>
        {!message.deleted && !isOpen && <MessageActions message={message} inThread={inThread} />}
      </article>
    </li>
  );
}

/** @param {{entry: Pending, isHead: boolean}} props */
export function PendingLine({ entry, isHead }) {
  const { id, display_name: name } = boot.user;
  return (
    <li
      class={`line is-${entry.state}${isHead ? " is-head" : ""}`}
      data-client-id={entry.client_id}
      data-kept={entry.is_kept}
    >
      <article
        class="message"
        aria-label={t("{name}, {time}", { name, time: clockTime(entry.at_ms) })}
        aria-busy={entry.state !== "sent"}
      >
        <Gutter id={id} name={name} atMs={entry.at_ms} isHead={isHead} />
        <div class="message-main">
          {isHead && <Byline name={name} atMs={entry.at_ms} />}
          <div class="body is-plain" dir="auto">
            {entry.body}
          </div>
          <Fate entry={entry} />
        </div>
      </article>
    </li>
  );
}

/** @param {{id: string, name: string, atMs: number, isHead: boolean}} props */
function Gutter({ id, name, atMs, isHead }) {
  if (isHead) return <Avatar id={id} name={name} />;
  return <Time class="gutter-time" atMs={atMs} />;
}

/** @param {{name: string, atMs: number}} props */
function Byline({ name, atMs }) {
  return (
    <header class="byline">
      <strong dir="auto">{name}</strong>
      <Time class="byline-time" atMs={atMs} />
    </header>
  );
}

/** @param {{icon: string, text: string}} props */
function Stamp({ icon, text }) {
  return (
    <p class="pin-mark">
      <Icon name={icon} size={14} />
      {text}
    </p>
  );
}

/** How much was answered, and by whom. @param {{message: Message}} props */
function ThreadLink({ message }) {
  const { thread } = message;
  if (!thread?.replies) return null;
  return (
    <button type="button" class="thread-link" onClick={() => openThread(message)}>
      <span class="thread-faces" aria-hidden="true">
        {thread.user_ids.slice(0, 3).map((id) => (
          <Avatar key={id} id={id} name={namesOf([id])[0] ?? "?"} size="small" />
        ))}
      </span>
      {nt("{n} answer", "{n} answers", thread.replies)}
      <ThreadNews rootId={message.id} />
      <span class="thread-last">{clockTime(thread.last_at_ms)}</span>
    </button>
  );
}

/** @param {{class: string, atMs: number}} props */
function Time({ class: className, atMs }) {
  return (
    <time class={className} dateTime={isoTime(atMs)} title={wholeTime(atMs)}>
      {clockTime(atMs)}
    </time>
  );
}

/** @param {{message: Message}} props */
function Body({ message }) {
  if (message.deleted) return <p class="body is-deleted">{t("This message was deleted.")}</p>;
  if (message.html === undefined)
    return (
      <div class="body is-plain" dir="auto">
        {message.body}
      </div>
    );
  return (
    <>
      <div
        ref={letScroll}
        class="body"
        dir="auto"
        dangerouslySetInnerHTML={{ __html: message.html }}
      />
      {message.edited_at_ms != null && (
        <small class="edited" title={wholeTime(message.edited_at_ms)}>
          {t("(edited)")}
        </small>
      )}
    </>
  );
}

/**
 * Code and tables wider than the column scroll by themselves, by keyboard too.
 *
 * @param {HTMLElement | null} body
 */
function letScroll(body) {
  for (const wide of body?.querySelectorAll("pre, table") ?? []) {
    if (wide instanceof HTMLElement && wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
  }
}

/** What becomes of an own message. @param {{entry: Pending}} props */
function Fate({ entry }) {
  if (entry.state === "failed") return <Failed entry={entry} />;
  if (entry.state === "sent") return null;
  const isHeld = line.value.down_since_ms !== null;
  if (!isHeld) return <span class="visually-hidden">{t("Sending…")}</span>;
  return (
    <p class="fate">
      <Icon name="clock" size={14} />
      {t("Waiting for the connection")}
      <Unkept />
    </p>
  );
}

/** Said only where it matters: a message that cannot leave, in a browser that keeps nothing. */
function Unkept() {
  if (isKept.value) return null;
  return <span>{t("This browser cannot keep it: leave this page open until it is sent.")}</span>;
}

/** @param {{entry: Pending}} props */
function Failed({ entry }) {
  return (
    <p class="fate is-failed">
      <Icon name="alert" size={14} />
      <span>
        {t("Not sent.")} {entry.error ? sentenceOf(entry.error) : ""}
      </span>
      <Unkept />
      <button type="button" class="link-button" onClick={() => retry(entry.client_id)}>
        {t("Retry")}
      </button>
      <button type="button" class="link-button" onClick={() => copyText(entry.body)}>
        {t("Copy text")}
      </button>
      <button type="button" class="link-button" onClick={() => drop(entry.client_id)}>
        {t("Delete")}
      </button>
    </p>
  );
}

/** @param {Message} message */
function nameOf(message) {
  const known = roster.value.people.get(message.author_id);
  return message.author?.display_name || known?.display_name || t("Somebody");
}
