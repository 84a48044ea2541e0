/**
 * What the shell page handed over, read once.
 *
 * @import {Boot} from "./types"
 */

/** @returns {Boot} */
function read() {
  const text = document.getElementById("boot")?.textContent;
  if (!text) throw new Error("The page carries no boot JSON: it is not the shell of Rollcall.");
  return JSON.parse(text);
}

export const boot = read();
