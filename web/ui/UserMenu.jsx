/**
 * The reader: name, own status, and the menu beside them.
 *
 * @import {Claim, Status, User} from "../types"
 */

import { t } from "../i18n/index.js";
import { ownClaim, roster } from "../live/state.js";
import { statusOf } from "../store/roster.js";
import { Avatar } from "./Avatar.jsx";
import { Icon } from "./Icon.jsx";
import { later } from "./later.jsx";
import { Popover } from "./Popover.jsx";
import { StatusDot, statusWord } from "./StatusDot.jsx";
import { wordsOf } from "./statusWords.js";
import { parts } from "./whole.js";

const OwnMenu = later(async () => (await parts()).OwnMenu);

/** @param {{user: User}} props */
export function UserMenu({ user }) {
  const claim = ownClaim.value;
  const status = statusOf(roster.value, user.id);
  const isBegun = roster.value.begun;
  return (
    <footer class="user-bar">
      <span class="avatar-place">
        <Avatar id={user.id} name={user.display_name} />
        {isBegun && <StatusDot status={status} />}
      </span>
      <span class="user-names">
        <strong dir="auto">{user.display_name}</strong>
        <small dir="auto" title={wordsOf(claim)}>
          {isBegun ? ownLine(claim, status) : `@${user.username}`}
        </small>
      </span>
      <Popover
        label={t("Status, settings and sign out")}
        class="icon-button"
        side="above"
        button={<Icon name="more" />}
      >
        {(close) => <OwnMenu user={user} close={close} />}
      </Popover>
    </footer>
  );
}

/** What stands below the reader's own name. */
function ownLine(/** @type {Claim | null} */ claim, /** @type {Status} */ status) {
  if (claim?.status === "invisible") return t("Others see you as offline.");
  return wordsOf(claim) || statusWord(status);
}
