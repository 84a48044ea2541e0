/** The chat page, and the administrator's: everything begins here. */

import { render } from "preact";

import { boot } from "./boot.js";
import * as connection from "./live/connection.js";
import * as drafts from "./live/drafts.js";
import * as looks from "./live/looks.js";
import * as reading from "./live/reading.js";
import { loadRooms } from "./live/rooms.js";
import * as route from "./live/route.js";
import * as saved from "./live/saved.js";
import * as sending from "./live/sending.js";
import * as visiting from "./live/visiting.js";
import { App } from "./ui/App.jsx";
import * as shortcuts from "./ui/shortcuts.js";
import { parts } from "./ui/whole.js";
import "./styles/index.css";

looks.begin();
const Page = boot.page === "admin" ? await beginAdmin() : beginChat();

const root = document.getElementById("app");
if (root) {
  root.replaceChildren();
  render(<Page />, root);
}

/** Few ever open it: its code is not the chat's to carry. */
async function beginAdmin() {
  const [{ AdminPage }, { begin }] = await Promise.all([
    import("./ui/AdminPage.jsx"),
    import("./live/admin.js"),
  ]);
  begin();
  return AdminPage;
}

function beginChat() {
  parts().catch(() => {}); // it is asked for again where it is wanted
  shortcuts.begin();
  route.begin();
  visiting.begin();
  reading.showInTitle();
  sending.begin();
  loadRooms();
  drafts.begin();
  saved.refresh();
  connection.begin();
  return App;
}
