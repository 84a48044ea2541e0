// A client of Rollcall, written from docs/PROTOCOL.md alone: fetch for HTTP, and the socket.io-client
// of npm as its authors ship it. Everything that it is told is held against the page (page.mjs).

import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { judgeAck, judgeAnswer, judgeEvent, judgeProblem } from "./page.mjs";

const { io } = createRequire(new URL("../../web/package.json", import.meta.url))(
  "socket.io-client",
);

export const SERVER = process.argv[2];
const PASSWORD = "a password of a stranger";
const PARKED_MS = 300; // as long as a gap may close by itself
const WITHIN_MS = 15_000;
const tabs = new Set();
let people = 0;

/** Play the steps in their order; one line is printed for each. The first that fails ends it. */
export async function play(steps) {
  for (const [claim, step] of Object.entries(steps)) {
    await step();
    console.log(`ok ${claim}`);
  }
  for (const tab of tabs) tab.leaves();
}

/** Somebody with the cookies of one browser. */
export class Person {
  #cookies = new Map();
  #csrf = "";

  static async signsUp(name) {
    const person = new Person();
    await person.takesToken();
    const username = `${name}-${process.pid}-${++people}`;
    const made = await person.post("/api/v1/accounts", { username, password: PASSWORD });
    assert.equal(made.user.username, username);
    person.#csrf = made.csrf_token;
    return Object.assign(person, made.user);
  }

  async takesToken() {
    const session = await this.get("/api/v1/session");
    this.#csrf = session.csrf_token;
    return session;
  }

  /** The header that a browser would send. */
  get cookie() {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  get = (path) => this.#calls("GET", path);
  post = (path, body) => this.#calls("POST", path, body);
  delete = (path) => this.#calls("DELETE", path);

  /** The problem of a call that is refused. */
  async isRefused(method, path, body, headers) {
    const { answer, told } = await this.#asks(method, path, body, headers);
    assert.ok(answer.status >= 400, `${method} ${path} was not refused: ${answer.status}`);
    return told.error;
  }

  async #calls(method, path, body) {
    const { answer, told } = await this.#asks(method, path, body);
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${JSON.stringify(told)}`);
    return told;
  }

  async #asks(method, path, body, headers = { "X-CSRF-Token": this.#csrf }) {
    const answer = await fetch(`${SERVER}${path}`, {
      method,
      headers: { Cookie: this.cookie, "Content-Type": "application/json", ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/);
      this.#cookies.set(name, value);
    }
    assert.ok(answer.headers.get("X-Request-Id"), `${method} ${path} has no X-Request-Id`);
    const told = answer.status === 204 ? null : await answer.json();
    judgeAnswer(method, path, answer.status, told);
    return { answer, told };
  }
}

/** One connection, and everything that it heard, in order. */
export class Tab {
  heard = [];
  #news = new EventEmitter().setMaxListeners(0);

  constructor(headers, auth) {
    this.socket = io(SERVER, {
      transports: ["websocket"],
      extraHeaders: headers,
      auth,
      reconnection: false,
      forceNew: true,
    });
    this.ended = new Promise((resolve) => this.socket.once("disconnect", resolve));
    this.socket.onAny((event, payload, ...more) => {
      assert.deepEqual(more, [], `${event} came with more than one payload`);
      judgeEvent(event, payload);
      this.heard.push({ event, payload });
      this.#news.emit("heard");
    });
    tabs.add(this);
  }

  static async opens(person, auth) {
    const tab = new Tab({ Cookie: person.cookie, Origin: SERVER }, auth);
    tab.socket.once("connect_error", (error) => {
      throw new Error(`${error.message} ${JSON.stringify(error.data)}`);
    });
    tab.ready = await tab.hears("session:ready");
    return tab;
  }

  /** The problem of a CONNECT that is refused. */
  static async isRefused(headers, auth) {
    const { socket } = new Tab(headers, auth);
    const error = await new Promise((resolve, reject) => {
      socket.once("connect_error", resolve);
      socket.once("connect", () => reject(new Error("CONNECT was not refused")));
    });
    judgeProblem(error.data, "CONNECT");
    return error.data;
  }

  /** The result of an event. */
  async sends(event, ...payload) {
    const ack = await this.#asks(event, payload);
    assert.ok(!ack.error, `${event}: ${JSON.stringify(ack)}`);
    return ack;
  }

  /** The problem of an event that is refused. */
  async isRefused(event, ...payload) {
    const ack = await this.#asks(event, payload);
    assert.ok(ack.error, `${event} was not refused: ${JSON.stringify(ack)}`);
    return ack.error;
  }

  /** The first payload of the event for which `is` says yes, heard before or soon. */
  hears(event, is = () => true) {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`${event} was not heard, but ${this.#summary()}`));
      const patience = setTimeout(late, WITHIN_MS).unref(); // one that lost to another holds nobody up
      const look = () => {
        const found = this.all(event).find(is);
        if (!found) return;
        clearTimeout(patience);
        this.#news.off("heard", look);
        resolve(found);
      };
      this.#news.on("heard", look);
      look();
    });
  }

  /** The message: told, or found as "How to stay right" has it. A member who has just come may know
   * of one that was posted in the same moment by `room:heads` alone. */
  async learns(room_id, seq) {
    const is = (message) => message.room_id === room_id && message.seq === seq;
    const told = this.hears("message:new", is);
    const found = this.hears("room:heads", (told) => told.heads[room_id] >= seq).then(async () => {
      await new Promise((resolve) => setTimeout(resolve, PARKED_MS));
      const { rooms } = await this.sends("message:since", { rooms: { [room_id]: seq - 1 } });
      return rooms[room_id].messages.find(is);
    });
    return Promise.any([told, found]);
  }

  /** Every payload of the event so far. */
  all(event) {
    return this.heard.filter((one) => one.event === event).map((one) => one.payload);
  }

  leaves() {
    this.socket.disconnect();
  }

  async #asks(event, payload) {
    const ack = await this.socket.timeout(WITHIN_MS).emitWithAck(event, ...payload);
    judgeAck(event, ack);
    return ack;
  }

  #summary() {
    return this.heard.map(({ event, payload }) => `${event} ${JSON.stringify(payload)}`).join("\n");
  }
}
