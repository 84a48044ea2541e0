/**
 * How long to wait before the next attempt to connect.
 *
 * Rule of the file: pure; chance comes in as an argument. The first attempts are quick (a worker
 * that died is replaced at once by another); then full jitter, so that a thousand browsers that
 * lost one server do not come back in one breath.
 */

const QUICK_MS = [250, 1000];
const BASE_MS = 500;
const CAP_MS = 30_000;

/**
 * @param {number} attempt 0 for the first one after the loss
 * @param {number} chance in [0, 1)
 * @returns {number} milliseconds
 */
export function waitBefore(attempt, chance) {
  const quick = QUICK_MS[attempt];
  if (quick !== undefined) return Math.round(quick * chance);
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** attempt);
  return Math.round(BASE_MS + (ceiling - BASE_MS) * chance);
}
