/**
 * Links that let people into a room: made, copied once, taken back.
 *
 * @import {Invite, Room} from "../types"
 */

import { useEffect, useState } from "preact/hooks";

import { errorOf, get, post, remove } from "../api.js";
import { nt, t } from "../i18n/index.js";
import { wholeTime } from "../i18n/times.js";
import { useAct } from "./act.js";
import { copyText } from "./copying.js";
import { Dialog } from "./Dialog.jsx";
import { closeDialog } from "./dialogs.js";
import { GeneralError } from "./form.jsx";

const DAY_S = 86_400;

/** @param {{room: Room}} props */
export function Invites({ room }) {
  const [invites, setInvites] = useState(/** @type {Invite[]} */ ([]));
  const { isBusy, error, act } = useAct();
  const path = `/api/v1/rooms/${room.id}/invites`;
  useEffect(() => {
    act(async () => setInvites((await get(path)).invites));
  }, [path]);
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const wish = { expires_in_s: numberOf(fields, "expires_in_s"), uses: numberOf(fields, "uses") };
    act(async () => {
      const { invite } = await post(path, wish);
      const url = new URL(invite.url, location.origin).href;
      setInvites((all) => [{ ...invite, url }, ...all]);
    });
  };
  const revoke = (/** @type {Invite} */ gone) =>
    act(async () => {
      await remove(`${path}/${gone.id}`).catch(unlessGone);
      setInvites((all) => all.filter((one) => one !== gone));
    });
  return (
    <Dialog title={t("Invite links")} onClose={closeDialog}>
      <form class="field-pair" onSubmit={submit}>
        <label class="field">
          {t("Valid for")}
          <select name="expires_in_s">
            <option value={DAY_S}>{t("1 day")}</option>
            <option value={7 * DAY_S}>{t("7 days")}</option>
            <option value="">{t("For ever")}</option>
          </select>
        </label>
        <label class="field">
          {t("Lets in")}
          <select name="uses">
            <option value="">{t("Everybody who has it")}</option>
            <option value={1}>{nt("{n} person", "{n} people", 1)}</option>
            <option value={10}>{nt("{n} person", "{n} people", 10)}</option>
          </select>
        </label>
        <button type="submit" class="button is-primary" disabled={isBusy}>
          {t("Make a link")}
        </button>
      </form>
      <GeneralError error={error} named={[]} />
      <ul class="found">
        {invites.map((invite) => (
          <InviteLine key={invite.id} invite={invite} onRevoke={() => revoke(invite)} />
        ))}
      </ul>
    </Dialog>
  );
}

/** A link that was used up meanwhile lets in nobody either. @param {unknown} thrown */
function unlessGone(thrown) {
  if (errorOf(thrown).code !== "not_found") throw thrown;
}

/** @param {{invite: Invite, onRevoke: () => void}} props */
function InviteLine({ invite, onRevoke }) {
  const used = invite.uses_max === null ? `${invite.uses}` : `${invite.uses} / ${invite.uses_max}`;
  return (
    <li class="found-one">
      {invite.url && (
        <span class="invite-url">
          <input readOnly value={invite.url} aria-label={t("Invite link")} />
          <button type="button" class="button" onClick={() => copyText(invite.url ?? "")}>
            {t("Copy")}
          </button>
        </span>
      )}
      <small dir="auto">
        {invite.by.display_name} · {wholeTime(invite.at_ms)} · {t("used: {used}", { used })}
        {invite.until_ms !== null &&
          ` · ${t("until {time}", { time: wholeTime(invite.until_ms) })}`}
      </small>
      <button type="button" class="link-button" onClick={onRevoke}>
        {t("Take back")}
      </button>
    </li>
  );
}

/** @param {FormData} fields @param {string} name */
function numberOf(fields, name) {
  const text = String(fields.get(name) ?? "");
  return text === "" ? null : Number(text);
}
