/** Signing out: nothing of the reader stays in this browser. */

import { remove } from "../api.js";
import { boot } from "../boot.js";
import { forgetAll } from "./keep.js";
import { isLeaving } from "./state.js";
import { forget } from "./unsent.js";

/** The session is over, and the page on its way to the next. Rejects with Refusal. */
export async function signOut() {
  isLeaving.value = true;
  try {
    await remove("/api/v1/session");
  } catch (thrown) {
    isLeaving.value = false;
    throw thrown;
  }
  forgetAll();
  await forget();
  location.assign(boot.urls.sign_in);
}
