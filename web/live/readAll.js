/** Everything is read at once. */

import { errorOf } from "../api.js";
import { sentenceOf } from "../errors.js";
import { t } from "../i18n/index.js";
import { ask } from "../socket.js";
import { countOf } from "../store/unread.js";
import { notify } from "../ui/notice.js";
import { unread } from "./state.js";

/** Every room of the reader is read up to its newest message, on all his devices. */
export async function readAll() {
  const heads = [...unread.value].filter(([roomId]) => countOf(unread.value, roomId) > 0);
  try {
    for (const [roomId, { head }] of heads)
      await ask("message:read", { room_id: roomId, seq: head });
    notify(t("Everything is marked as read."));
  } catch (thrown) {
    notify(sentenceOf(errorOf(thrown)));
  }
}
