/** What the first paint does without, and the words that it alone says. */

import { boot } from "../boot.js";

/** @returns {Promise<typeof import("./parts.jsx")>} */
export async function parts() {
  if (boot.urls.words) await import(boot.urls.words);
  return import("./parts.jsx");
}
