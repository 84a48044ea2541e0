/**
 * The reader's own word on his status: told by the server, set here, on all his devices at once.
 *
 * @import {Claim, Ready} from "../types"
 */

import { ask } from "../socket.js";
import { holds, newer } from "../store/claim.js";
import { ownClaim } from "./state.js";

const LONGEST_WAIT_MS = 2 ** 31 - 1; // of a browser's timer

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** The line is up. @param {Ready} ready */
export function linked(ready) {
  ownClaimTold(ready.own);
}

/** @param {Claim} claim */
export function ownClaimTold(claim) {
  ownClaim.value = newer(ownClaim.value, claim);
  look();
}

/**
 * The claim is this from now on, what is left out as it was. Rejects with Refusal.
 *
 * @param {Partial<Omit<Claim, "version">>} change
 */
export async function setStatus(change) {
  const { status, text, emoji, until_ms } = { ...NOTHING, ...ownClaim.value, ...change };
  const answer = await ask("presence:set", { status, text, emoji, until_ms });
  if (answer.why) ownClaimTold(answer.why.claim);
}

/** @type {Omit<Claim, "version">} */
const NOTHING = { status: "online", text: null, emoji: null, until_ms: null };

/** A claim that lapses unheard, because nothing changed for others, is not shown any longer. */
function look() {
  clearTimeout(timer);
  ownClaim.value = holds(ownClaim.value, Date.now());
  const until = ownClaim.value?.until_ms ?? null;
  if (until !== null) timer = setTimeout(look, Math.min(until - Date.now() + 1, LONGEST_WAIT_MS));
}
