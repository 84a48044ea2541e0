/**
 * Who is shut out of a room, or for administrators of the installation, and the way back in.
 *
 * @import {Ban, Room} from "../types"
 */

import { useEffect, useState } from "preact/hooks";

import { get, remove } from "../api.js";
import { boot } from "../boot.js";
import { t } from "../i18n/index.js";
import { wholeTime } from "../i18n/times.js";
import { useAct } from "./act.js";
import { Dialog } from "./Dialog.jsx";
import { closeDialog } from "./dialogs.js";
import { EmptyState } from "./EmptyState.jsx";
import { GeneralError } from "./form.jsx";

/** @param {{room: Room}} props */
export function Bans({ room }) {
  return (
    <Dialog title={t("Banned people")} onClose={closeDialog}>
      <List room={room} scope="room" empty={t("Nobody is banned from this room.")} />
      {boot.is_admin && (
        <section class="dialog-section">
          <h3>{t("From everywhere")}</h3>
          <List room={room} scope="everywhere" empty={t("Nobody is banned from everywhere.")} />
        </section>
      )}
    </Dialog>
  );
}

/** @param {{room: Room, scope: "room" | "everywhere", empty: string}} props */
function List({ room, scope, empty }) {
  const [bans, setBans] = useState(/** @type {Ban[] | null} */ (null));
  const { isBusy, error, act } = useAct();
  const path = `/api/v1/rooms/${room.id}/bans`;
  useEffect(() => {
    act(async () => setBans((await get(`${path}?scope=${scope}`)).bans));
  }, [path, scope]);
  const lift = (/** @type {Ban} */ ban) =>
    act(async () => {
      await remove(`${path}/${ban.user.id}?scope=${scope}`);
      setBans((all) => all?.filter((one) => one !== ban) ?? null);
    });
  return (
    <>
      <GeneralError error={error} named={[]} />
      {bans?.length === 0 && <EmptyState text={empty} />}
      <ul class="found">
        {bans?.map((ban) => (
          <li key={ban.user.id} class="found-one">
            <strong dir="auto">
              {ban.user.display_name} <small>@{ban.user.username}</small>
            </strong>
            {ban.reason && <span dir="auto">{ban.reason}</span>}
            <small dir="auto">
              {ban.by.display_name} · {wholeTime(ban.at_ms)} · {endOf(ban)}
            </small>
            <button
              type="button"
              class="link-button"
              disabled={isBusy}
              aria-label={t("Lift the ban of {name}", { name: ban.user.display_name })}
              onClick={() => lift(ban)}
            >
              {t("Lift the ban")}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

/** @param {Ban} ban */
function endOf(ban) {
  if (ban.until_ms === null) return t("For ever");
  return t("until {time}", { time: wholeTime(ban.until_ms) });
}
