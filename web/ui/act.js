/**
 * What a dialog asks of the server.
 *
 * @import {ErrorBody} from "../types"
 */

import { useState } from "preact/hooks";

import { errorOf } from "../api.js";

/** One act at a time, with its refusal. */
export function useAct() {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState(/** @type {ErrorBody | null} */ (null));
  const act = async (/** @type {() => Promise<void>} */ deed) => {
    setBusy(true);
    setError(null);
    await deed().catch((thrown) => setError(errorOf(thrown)));
    setBusy(false);
  };
  return { isBusy, error, act };
}
