/**
 * What this browser keeps of messages that were not sent, for all tabs of one user: IndexedDB.
 *
 * Rule of the file: storage may be full, forbidden, broken or absent; then the page's own memory
 * stands in, and `isKept` says so. The database carries the user's id in its name, so two people on
 * one machine never read each other's. Keys count up: the order of writing over all tabs.
 *
 * @import {Unsent} from "../store/outbox.js"
 */

import { signal } from "@preact/signals";

import { boot } from "../boot.js";

const NAME = `rollcall:${boot.user.id}`;
const STORE = "unsent";
/** A database that does not open by then is broken; some browsers never say so. */
const OPEN_MS = 3000;

/** Whether all that was not sent outlives the page. */
export const isKept = signal(true);

/** What could not be kept, in the order of writing. @type {Map<string, Unsent>} */
const memory = new Map();
/** What is not wanted any more, though the database may not know it yet. @type {Set<string>} */
const gone = new Set();

/** What the database held when it was asked last. @type {Unsent[]} */
let known = [];

/** @type {Promise<IDBDatabase> | null} */
let opened = null;

/** All of it, in the order of writing. @returns {Promise<Unsent[]>} */
export async function all() {
  known = await ask("readonly", (store) => store.getAll()).catch(() => known);
  return [...known, ...memory.values()].filter((entry) => !gone.has(entry.client_id));
}

/** It is kept, after all that was kept before. @param {Unsent} entry */
export async function add(entry) {
  if (memory.size > 0) return void memory.set(entry.client_id, entry);
  try {
    await ask("readwrite", (store) => store.add(entry));
    known = [...known, entry];
  } catch {
    memory.set(entry.client_id, entry);
    isKept.value = false;
  }
}

/** @param {string} clientId @param {Partial<Unsent>} fields */
export async function change(clientId, fields) {
  const held = memory.get(clientId);
  if (held) return void memory.set(clientId, { ...held, ...fields });
  await each(clientId, (cursor) => cursor.update({ ...cursor.value, ...fields }));
}

/** It is gone. @param {string} clientId */
export async function remove(clientId) {
  gone.add(clientId);
  memory.delete(clientId);
  if (memory.size === 0) isKept.value = true;
  await each(clientId, (cursor) => cursor.delete());
}

/** Nothing of this user is kept in this browser. @returns {Promise<void>} */
export async function forget() {
  memory.clear();
  const database = await opened?.catch(() => null);
  database?.close();
  await new Promise((resolve) => {
    const deletion = indexedDB.deleteDatabase(NAME);
    deletion.onsuccess = deletion.onerror = deletion.onblocked = () => resolve(null);
  }).catch(() => {});
}

/** @param {string} clientId @param {(cursor: IDBCursorWithValue) => void} act */
async function each(clientId, act) {
  const search = (/** @type {IDBObjectStore} */ store) => {
    const found = store.openCursor();
    found.onsuccess = () => {
      if (found.result?.value.client_id === clientId) act(found.result);
      else found.result?.continue();
    };
    return found;
  };
  await ask("readwrite", search).catch(() => {}); // what cannot be written is in `gone`, or fails again
}

/**
 * The answer, once all of it is on disk.
 *
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest} act
 * @returns {Promise<any>} as the request has it
 */
async function ask(mode, act) {
  opened ??= open();
  const transaction = (await opened).transaction(STORE, mode);
  const request = act(transaction.objectStore(STORE));
  return await new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("The database does not open.")), OPEN_MS);
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () =>
      request.result.createObjectStore(STORE, { autoIncrement: true });
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      request.result.onclose = () => {
        opened = null;
      };
      resolve(request.result);
    };
  });
}
