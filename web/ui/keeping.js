/** For how long rooms keep their messages. */

import { boot } from "../boot.js";

/** For how many days, by the room's own rule within the server's; 0: for ever. @param {number} keepDays */
export function keptDays(keepDays) {
  const rules = [keepDays, boot.limits.retention_days].filter((days) => days > 0);
  return rules.length > 0 ? Math.min(...rules) : 0;
}
