/**
 * What can be done with a message: a bar that shows on hover and focus, and always by touch.
 *
 * @import {Message, Room} from "../types"
 */

import { boot } from "../boot.js";
import { t } from "../i18n/index.js";
import { editing, leaveUnread, pin, react, save } from "../live/acts.js";
import { showsReceipts } from "../live/receipts.js";
import { isSaved } from "../live/saved.js";
import { bar, openRoom } from "../live/state.js";
import { openThread } from "../live/thread.js";
import { copyMessageLink, copyText } from "./copying.js";
import { show } from "./dialogs.js";
import { EmojiPanel } from "./EmojiPanel.jsx";
import { Icon } from "./Icon.jsx";
import { Popover } from "./Popover.jsx";

/** @param {{message: Message, inThread?: boolean}} props */
export function MessageActions({ message, inThread = false }) {
  const isMine = message.author_id === boot.user.id;
  return (
    <div class="actions" role="toolbar" aria-label={t("Message actions")}>
      {bar.value === null && <React message={message} />}
      {!inThread && (
        <button
          type="button"
          class="icon-button is-small"
          aria-label={t("Reply in thread")}
          title={t("Reply in thread")}
          onClick={() => openThread(message)}
        >
          <Icon name="thread" size={18} />
        </button>
      )}
      {isMine && bar.value === null && (
        <button
          type="button"
          class="icon-button is-small"
          aria-label={t("Edit")}
          title={t("Edit")}
          onClick={() => {
            editing.value = message.id;
          }}
        >
          <Icon name="pencil" size={18} />
        </button>
      )}
      <Popover
        label={t("More actions")}
        class="icon-button is-small"
        side="below"
        button={<Icon name="more" size={18} />}
      >
        {(close) => <More message={message} inThread={inThread} close={close} />}
      </Popover>
    </div>
  );
}

/** @param {{message: Message}} props */
function React({ message }) {
  return (
    <Popover
      label={t("React")}
      class="icon-button is-small"
      side="below"
      button={<Icon name="smile" size={18} />}
    >
      {(close) => (
        <EmojiPanel
          onChoose={(emoji) => {
            close();
            react(message, emoji);
          }}
        />
      )}
    </Popover>
  );
}

/** @param {{message: Message, inThread: boolean, close: () => void}} props */
function More({ message, inThread, close }) {
  const act = (/** @type {() => void} */ deed) => () => {
    close();
    deed();
  };
  return (
    <div class="menu">
      <button type="button" class="menu-item" onClick={act(() => save(message))}>
        <Icon name="bookmark" size={18} />
        {isSaved(message) ? t("Remove from saved") : t("Save for later")}
      </button>
      {mayModerate(openRoom.value, message) && (
        <button type="button" class="menu-item" onClick={act(() => pin(message))}>
          <Icon name="pin" size={18} />
          {message.pinned_at_ms === undefined ? t("Pin to this room") : t("Unpin")}
        </button>
      )}
      {!inThread && (
        <button type="button" class="menu-item" onClick={act(() => leaveUnread(message))}>
          <Icon name="unread" size={18} />
          {t("Mark unread from here")}
        </button>
      )}
      {openRoom.value && showsReceipts(openRoom.value) && !inThread && (
        <button
          type="button"
          class="menu-item"
          onClick={act(() => show({ kind: "seen", message }))}
        >
          <Icon name="check" size={18} />
          {t("Who has seen it")}
        </button>
      )}
      <button type="button" class="menu-item" onClick={act(() => copyMessageLink(message))}>
        <Icon name="link" size={18} />
        {t("Copy link to this message")}
      </button>
      <button type="button" class="menu-item" onClick={act(() => copyText(message.body))}>
        <Icon name="copy" size={18} />
        {t("Copy text")}
      </button>
      {message.edited_at_ms != null && (
        <button
          type="button"
          class="menu-item"
          onClick={act(() => show({ kind: "versions", message }))}
        >
          <Icon name="clock" size={18} />
          {t("What it said before")}
        </button>
      )}
      {mayModerate(openRoom.value, message) && (
        <button
          type="button"
          class="menu-item is-danger"
          onClick={act(() => show({ kind: "erase", message }))}
        >
          <Icon name="trash" size={18} />
          {t("Delete message")}
        </button>
      )}
    </div>
  );
}

/** One's own, or any for those who keep order. @param {Room | null} room @param {Message} message */
function mayModerate(room, message) {
  if (bar.value !== null) return false;
  const role = /** @type {string | null | undefined} */ (room?.role);
  return message.author_id === boot.user.id || role === "owner" || role === "moderator";
}
