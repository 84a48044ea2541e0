/** Who is writing beside the reader; seen, and not spoken. */

import { t } from "../i18n/index.js";
import { roster } from "../live/state.js";
import { writersIn } from "../live/typing.js";

/** @param {{roomId: string, threadId?: string | undefined}} props */
export function Typing({ roomId, threadId }) {
  const names = writersIn(roomId, threadId).map(
    (id) => roster.value.people.get(id)?.display_name ?? t("Somebody"),
  );
  if (names.length === 0) return null;
  return (
    <span class="typing" aria-live="off" dir="auto">
      {sentenceOf(names)}
    </span>
  );
}

/** @param {string[]} names */
function sentenceOf([name = "", other = "", ...more]) {
  if (more.length > 0) return t("Several people are typing…");
  if (other === "") return t("{name} is typing…", { name });
  return t("{name} and {other} are typing…", { name, other });
}
