/**
 * All keys that the page knows: those of shortcuts.js as it binds them, then those that belong to
 * one place each.
 */

import { t } from "../i18n/index.js";
import { enterSends } from "../live/looks.js";
import { Dialog } from "./Dialog.jsx";
import { closeDialog } from "./dialogs.js";
import { TABLE } from "./shortcuts.js";

const IS_MAC = /Mac|iP/.test(navigator.platform);
/** @type {Record<string, string>} */
const SIGNS = { ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc", ...(IS_MAC && { Ctrl: "⌘" }) };

export function ShortcutsDialog() {
  return (
    <Dialog title={t("Keyboard shortcuts")} onClose={closeDialog}>
      <Keys
        title={t("Everywhere")}
        lines={TABLE.map(({ name, keys }) => [WORDS[name]?.() ?? name, keys])}
      />
      <Keys title={t("Where you write")} lines={composerKeys()} />
      <Keys title={t("In the list of rooms")} lines={listKeys()} />
    </Dialog>
  );
}

/** What each shortcut of TABLE does. @type {Record<string, () => string>} */
const WORDS = {
  switch: () => t("Go to a room or a person"),
  above: () => t("Room above"),
  below: () => t("Room below"),
  unreadAbove: () => t("Unread room above"),
  unreadBelow: () => t("Unread room below"),
  search: () => t("Search messages"),
  readAll: () => t("Mark everything as read"),
  region: () => t("Next part of the page"),
  regionBack: () => t("Part of the page before"),
  shortcuts: () => t("This list"),
};

/** @returns {[string, string[]][]} */
function composerKeys() {
  return [
    [t("Send"), enterSends.value ? ["Enter"] : ["Ctrl+Enter"]],
    [t("Break the line"), enterSends.value ? ["Shift+Enter"] : ["Enter"]],
    [t("Change your last message, when nothing is written"), ["ArrowUp"]],
    [t("Leave a change, a proposal or a pane"), ["Escape"]],
    [t("Name a person"), ["@"]],
    [t("Emoji by their names"), [":"]],
  ];
}

/** @returns {[string, string[]][]} */
function listKeys() {
  return [
    [t("Move the room up"), ["Ctrl+Shift+ArrowUp"]],
    [t("Move the room down"), ["Ctrl+Shift+ArrowDown"]],
  ];
}

/** @param {{title: string, lines: [string, string[]][]}} props */
function Keys({ title, lines }) {
  return (
    <section class="keys">
      <h3>{title}</h3>
      <dl>
        {lines.map(([words, keys]) => (
          <div key={words} class="keys-line">
            <dt>{words}</dt>
            {keys.map((one) => (
              <dd key={one}>
                <KeyNames keys={one} />
              </dd>
            ))}
          </div>
        ))}
      </dl>
    </section>
  );
}

/** @param {{keys: string}} props */
function KeyNames({ keys }) {
  return keys.split("+").map((one) => <kbd key={one}>{SIGNS[one] ?? one}</kbd>);
}
