// docs/PROTOCOL.md as a program reads it: which answer, ack and event has which shape.
//
// Stricter than a client has to be: a field that the page does not name is an error here, for it
// is the page that is put to the test.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const PAGE = readFileSync(new URL("../../docs/PROTOCOL.md", import.meta.url), "utf8");
const TABLES = new Map(PAGE.split(/^#+ /m).map((section) => [titleOf(section), rowsOf(section)]));
const PLAIN = {
  string: (value) => typeof value === "string",
  integer: Number.isSafeInteger,
  boolean: (value) => typeof value === "boolean",
  object: isObject,
};

/** The answer has a status and the shape that the page gives for the call, or for its error. */
export function judgeAnswer(method, path, status, body) {
  const where = `${method} ${path}`;
  if (status >= 400) return judgeError(status, body, where);
  const [, , answer] = table("HTTP").find(([call]) => isCall(call, where)) ?? [];
  assert.ok(answer, `${where} is not on the page`);
  assert.ok(answer.match(/\b2\d\d\b/g).includes(String(status)), `${where} answered ${status}`);
  if (status !== 204) judge(body, `\`${answer.match(/`([A-Z]\w+)`/)[1]}\``, where);
}

/** The ack is the result of the event, or an error. */
export function judgeAck(event, ack) {
  if (ack.error) return judgeError(null, ack, event);
  judge(ack, cellsOf("Clients send", event)[2].match(/`\w+`/)[0], `ack of ${event}`);
}

/** The payload has the shape of the server's event. */
export function judgeEvent(event, payload) {
  judge(payload, cellsOf("The server sends", event)[1], event);
}

/** The inside of an error is a Problem, and what the table of errors says of its code is true. */
export function judgeProblem(problem, where) {
  judge(problem, "`Problem`", where);
  const [, , temporary] = cellsOf("Errors", problem.code);
  assert.equal(problem.temporary, temporary === "yes", `${where}: ${problem.code}`);
}

function judgeError(status, body, where) {
  judge(body, "`ErrorBody`", where);
  judgeProblem(body.error, where);
  const written = cellsOf("Errors", body.error.code)[1];
  assert.equal(String(status ?? written), written, `${where}: status of ${body.error.code}`);
}

function judge(value, type, where) {
  const [, wanted, orNull] = type.match(/^(.*?)( or null)?(?:, default .*)?$/);
  if (orNull && value === null) return;
  const [, list] = wanted.match(/^(?:\[(.*)\]|array of (.*))$/)?.filter(Boolean) ?? [];
  const [, map] = wanted.match(/^\{string: (.*)\}$/) ?? [];
  if (list) {
    assert.ok(Array.isArray(value), `${where} is no list: ${show(value)}`);
    value.forEach((one, at) => judge(one, list, `${where}[${at}]`));
  } else if (map) {
    judge(value, "object", where);
    for (const [key, one] of Object.entries(value)) judge(one, map, `${where}.${key}`);
  } else if (wanted in PLAIN) {
    assert.ok(PLAIN[wanted](value), `${where} is no ${wanted}: ${show(value)}`);
  } else judgeShape(value, wanted.replaceAll("`", ""), where);
}

function judgeShape(value, shape, where) {
  judge(value, "object", where);
  const unknown = new Set(Object.keys(value));
  for (const [cell, type] of table(shape)) {
    const name = cell.replace(/[`?]/g, "");
    if (unknown.delete(name)) judge(value[name], type, `${where}.${name}`);
    else assert.ok(cell.includes("?"), `${where} is a ${shape} without ${name}`);
  }
  assert.deepEqual([...unknown], [], `${where} has what a ${shape} has not`);
}

function table(title) {
  const rows = TABLES.get(title);
  assert.ok(rows, `the page has no section ${title}`);
  return rows;
}

function cellsOf(title, name) {
  const found = table(title).find(([cell]) => cell === `\`${name}\``);
  assert.ok(found, `${name} is not in the table ${title}`);
  return found;
}

function titleOf(section) {
  return section.split("\n", 1)[0].replaceAll("`", "");
}

function rowsOf(section) {
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function isCall(cell, call) {
  const pattern = cell.replaceAll("`", "").replace(/<\w+>/g, "[\\w-]+");
  return new RegExp(`^${pattern}$`).test(call.split("?")[0]);
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value) {
  return JSON.stringify(value) ?? "nothing";
}
