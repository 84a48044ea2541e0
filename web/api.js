/**
 * HTTP calls to the server, with the CSRF token and the one error shape.
 *
 * @import {ErrorBody} from "./types"
 */

import { boot } from "./boot.js";

/** The server's refusal, or that it could not be reached; decide by `code` and `temporary` alone. */
export class Refusal extends Error {
  /** @param {ErrorBody} body */
  constructor(body) {
    super(body.message);
    this.body = body;
  }
}

/** @type {ErrorBody} */
const UNREACHABLE = {
  code: "unreachable",
  message: "The server cannot be reached.",
  temporary: true,
};

/** The session of this page is over; the browser may hold somebody else's. @type {ErrorBody} */
const SIGNED_OUT = { code: "not_signed_in", message: "You are signed out.", temporary: false };

let csrfToken = boot.csrf_token;

/** @param {string} path @returns {Promise<any>} the answer; its shape is PROTOCOL.md's */
export function get(path) {
  return call("GET", path);
}

/** @param {string} path @param {object} [body] @returns {Promise<any>} as get */
export function post(path, body = {}) {
  return callWithFreshToken("POST", path, body);
}

/** @param {string} path @param {object} body @returns {Promise<any>} as get */
export function patch(path, body) {
  return callWithFreshToken("PATCH", path, body);
}

/** @param {string} path @param {object} body @returns {Promise<any>} as get */
export function put(path, body) {
  return callWithFreshToken("PUT", path, body);
}

/** @param {string} path @returns {Promise<any>} as get */
export function remove(path) {
  return callWithFreshToken("DELETE", path);
}

/**
 * What went wrong, in the one shape, whatever was thrown.
 *
 * @param {unknown} thrown
 * @returns {ErrorBody}
 */
export function errorOf(thrown) {
  return thrown instanceof Refusal ? thrown.body : UNREACHABLE;
}

/**
 * A token can age while the page stays open: it is asked for once more, then the refusal stands.
 *
 * @param {string} method @param {string} path @param {object} [body]
 */
async function callWithFreshToken(method, path, body) {
  try {
    return await call(method, path, body);
  } catch (thrown) {
    if (errorOf(thrown).code !== "csrf_failed") throw thrown;
    const { user, csrf_token: fresh } = await call("GET", "/api/v1/session");
    if (user?.id !== boot.user.id) throw new Refusal(SIGNED_OUT);
    csrfToken = fresh;
    return call(method, path, body);
  }
}

/** @param {string} method @param {string} path @param {object} [body] */
async function call(method, path, body) {
  const response = await reached(method, path, body);
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new Refusal(answer.error ?? { ...UNREACHABLE, temporary: response.status >= 500 });
}

/** @param {string} method @param {string} path @param {object} [body] */
async function reached(method, path, body) {
  const headers = { Accept: "application/json", "X-CSRF-Token": csrfToken };
  const json = body && { body: JSON.stringify(body) };
  const typed = body ? { ...headers, "Content-Type": "application/json" } : headers;
  try {
    return await fetch(path, { method, headers: typed, credentials: "same-origin", ...json });
  } catch {
    throw new Refusal(UNREACHABLE);
  }
}
