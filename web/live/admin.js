/**
 * What the administrator's page shows: asked for each second, only while somebody looks at it.
 *
 * @import {AdminPresence, ErrorBody} from "../types"
 */

import { signal } from "@preact/signals";

import { errorOf, get } from "../api.js";

const EVERY_MS = 1000;

export const report = signal(/** @type {AdminPresence | null} */ (null));
export const trouble = signal(/** @type {ErrorBody | null} */ (null));

/** The page is kept up to date from now on. */
export function begin() {
  ask();
}

async function ask() {
  if (!document.hidden) {
    try {
      report.value = await get("/api/v1/admin/presence");
      trouble.value = null;
    } catch (thrown) {
      trouble.value = errorOf(thrown);
    }
  }
  if (trouble.value === null || trouble.value.temporary) setTimeout(ask, EVERY_MS);
}
