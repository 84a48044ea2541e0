/**
 * Who has read up to a message: faces at its edge, where they move no text. They lead to the list.
 *
 * @import {Message} from "../types"
 */

import { t } from "../i18n/index.js";
import { namesOf } from "../live/acts.js";
import { Avatar } from "./Avatar.jsx";
import { show } from "./dialogs.js";

const FACES_MAX = 3;

/** @param {{message: Message, ids: string[]}} props */
export function SeenBy({ message, ids }) {
  const names = namesOf(ids);
  if (names.length === 0) return null;
  const faces = ids.length > FACES_MAX ? ids.slice(0, FACES_MAX - 1) : ids;
  const words = t("Seen by {names}", { names: names.join(", ") });
  return (
    <button
      type="button"
      class="seen"
      title={words}
      aria-haspopup="dialog"
      onClick={() => show({ kind: "seen", message })}
    >
      <span class="visually-hidden">{words}</span>
      {faces.map((id) => (
        <Avatar key={id} id={id} name={namesOf([id])[0] ?? "?"} size="tiny" />
      ))}
      {ids.length > faces.length && <small aria-hidden="true">+{ids.length - faces.length}</small>}
    </button>
  );
}
