/** The clipboard, also where the browser has none for pages without TLS. */

import { t } from "../i18n/index.js";
import { notify } from "./notice.js";

/** A message's own address is in the clipboard. @param {import("../types").Message} message */
export async function copyMessageLink(message) {
  const address = new URL(`/rooms/${message.room_id}#${message.seq}`, location.href);
  const isCopied = await written(address.href);
  notify(isCopied ? t("Link copied.") : t("The browser does not allow copying."));
}

/** @param {string} text */
export async function copyText(text) {
  const isCopied = await written(text);
  notify(isCopied ? t("Text copied.") : t("The browser does not allow copying."));
}

/** The open room's address is in the clipboard, and the reader is told. */
export async function copyLink() {
  const isCopied = await written(location.href);
  notify(isCopied ? t("Link copied.") : t("The browser does not allow copying."));
}

/** @param {string} text @returns {Promise<boolean>} */
async function written(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return writtenByHand(text);
  }
}

/** The old way, which plain http still has. @param {string} text */
function writtenByHand(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  return isCopied;
}
