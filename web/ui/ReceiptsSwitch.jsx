/** Whether others may know how far one has read: asked for when the menu is opened. */

import { useEffect, useState } from "preact/hooks";

import { get, patch } from "../api.js";
import { sentenceOf } from "../errors.js";
import { t } from "../i18n/index.js";
import { useAct } from "./act.js";

export function ReceiptsSwitch() {
  const [isOn, setOn] = useState(/** @type {boolean | null} */ (null));
  const { isBusy, error, act } = useAct();
  useEffect(() => {
    act(async () => setOn((await get("/api/v1/reading-settings")).receipts));
  }, []);
  const turn = () =>
    act(async () => {
      const answer = await patch("/api/v1/reading-settings", { receipts: !isOn });
      setOn(answer.receipts);
    });
  return (
    <>
      <label class="switch">
        <input
          type="checkbox"
          checked={isOn ?? false}
          disabled={isOn === null || isBusy}
          onChange={turn}
        />
        <span>{t("Others may see how far I have read")}</span>
      </label>
      {error && (
        <p class="form-error" role="alert">
          {sentenceOf(error)}
        </p>
      )}
    </>
  );
}
