/** The session is over: why, and the way back. Drafts stay in this browser. */

import { boot } from "../boot.js";
import { t } from "../i18n/index.js";
import { line } from "../socket.js";
import { Mark } from "./Icon.jsx";

/** @type {Record<string, () => string>} */
const REASONS = {
  signed_out: () => t("You signed out on this or another device."),
  revoked: () => t("You were signed out from another device."),
  password_changed: () => t("The password of this account was changed."),
  expired: () => t("Your session has expired."),
  banned: () => t("This account is banned. Please ask the operator."),
  other_user: () => t("Somebody else has signed in in this browser."),
  wrong_origin: () => t("This address is not one that the server serves. Please ask the operator."),
};

export function Ended() {
  const reason = REASONS[line.value.code ?? ""] ?? (() => t("You are signed out."));
  return (
    <main class="ended">
      <Mark />
      <h1>{t("Your session has ended")}</h1>
      <p role="alert">
        {reason()} {t("What you were writing is kept.")}
      </p>
      <a
        class="button is-primary"
        href={`${boot.urls.sign_in}?next=${encodeURIComponent(location.pathname)}`}
      >
        {t("Sign in again")}
      </a>
    </main>
  );
}
