/**
 * The reader's menu: own status, looks, language, the way out.
 *
 * @import {User} from "../types"
 */

import { signal } from "@preact/signals";

import { errorOf } from "../api.js";
import { boot } from "../boot.js";
import { sentenceOf } from "../errors.js";
import { t } from "../i18n/index.js";
import { signOut } from "../live/leaving.js";
import { enterSends, speak, theme } from "../live/looks.js";
import { readAll } from "../live/readAll.js";
import { outbox } from "../live/state.js";
import { unsentOf } from "../store/outbox.js";
import { show } from "./dialogs.js";
import { Icon } from "./Icon.jsx";
import { ReceiptsSwitch } from "./ReceiptsSwitch.jsx";
import { StatusMenu } from "./StatusMenu.jsx";

const LANGUAGES = [
  { value: "en", text: "English", lang: "en" },
  { value: "zh_CN", text: "简体中文", lang: "zh-CN" },
];

const refusal = signal("");

/** @param {{user: User, close: () => void}} props */
export function OwnMenu({ user, close }) {
  return (
    <div class="menu">
      <p class="menu-who">
        <strong dir="auto">{user.display_name}</strong>
        <small>@{user.username}</small>
      </p>
      <StatusMenu close={close} />
      <hr />
      <Looks />
      <hr />
      <ReceiptsSwitch />
      <EnterSwitch />
      <hr />
      <button type="button" class="menu-item" onClick={() => (close(), readAll())}>
        <Icon name="check" size={18} />
        <span class="menu-word">{t("Mark everything as read")}</span>
        <kbd>Shift Esc</kbd>
      </button>
      <button
        type="button"
        class="menu-item"
        onClick={() => (close(), show({ kind: "shortcuts" }))}
      >
        <Icon name="keyboard" size={18} />
        <span class="menu-word">{t("Keyboard shortcuts")}</span>
        <kbd>?</kbd>
      </button>
      <hr />
      {boot.is_admin && (
        <a class="menu-item" href="/admin">
          <Icon name="people" size={18} />
          {t("Administration")}
        </a>
      )}
      <button type="button" class="menu-item" onClick={() => leave(close)}>
        <Icon name="leave" size={18} />
        {t("Sign out")}
      </button>
      {refusal.value && (
        <p class="form-error" role="alert">
          {refusal.value}
        </p>
      )}
      <p class="menu-version">Rollcall {boot.version}</p>
    </div>
  );
}

function Looks() {
  const themes = [
    { value: "system", text: t("System") },
    { value: "light", text: t("Light") },
    { value: "dark", text: t("Dark") },
  ];
  const chooseTheme = (/** @type {string} */ value) => {
    theme.value = /** @type {import("../live/looks.js").Theme} */ (value);
  };
  return (
    <>
      <Choice name={t("Theme")} chosen={theme.value} options={themes} onChoose={chooseTheme} />
      <Choice name={t("Language")} chosen={boot.locale} options={LANGUAGES} onChoose={speak} />
    </>
  );
}

/** What Enter does where one writes, in this browser. */
function EnterSwitch() {
  const turn = () => {
    enterSends.value = !enterSends.value;
  };
  return (
    <label class="switch">
      <input type="checkbox" checked={!enterSends.value} onChange={turn} />
      <span>{t("Ctrl+Enter sends, Enter breaks the line")}</span>
    </label>
  );
}

/**
 * @param {{
 *   name: string, chosen: string, onChoose: (value: string) => void,
 *   options: {value: string, text: string, lang?: string}[],
 * }} props
 */
function Choice({ name, chosen, options, onChoose }) {
  return (
    <fieldset class="choice">
      <legend>{name}</legend>
      <div class="segments">
        {options.map(({ value, text, lang }) => (
          <label key={value} class="segment" lang={lang}>
            <input
              type="radio"
              name={name}
              value={value}
              checked={value === chosen}
              onChange={() => onChoose(value)}
            />
            <span>{text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** What was not sent would be lost: then the reader is asked first. @param {() => void} close */
async function leave(close) {
  if (unsentOf(outbox.value).length > 0) {
    close();
    return show({ kind: "sign_out" });
  }
  try {
    await signOut();
  } catch (thrown) {
    refusal.value = sentenceOf(errorOf(thrown));
  }
}
