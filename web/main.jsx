/** The chat page: everything begins here. */

import { render } from "preact";

import * as connection from "./live/connection.js";
import * as looks from "./live/looks.js";
import * as reading from "./live/reading.js";
import { loadRooms } from "./live/rooms.js";
import * as route from "./live/route.js";
import * as sending from "./live/sending.js";
import { App } from "./ui/App.jsx";
import * as shortcuts from "./ui/shortcuts.js";
import "./styles/index.css";

looks.begin();
shortcuts.begin();
route.begin();
reading.showInTitle();
sending.begin();
loadRooms();
connection.begin();

const root = document.getElementById("app");
if (root) {
  root.replaceChildren();
  render(<App />, root);
}
