/**
 * The list of proposals beside a text field; the focus stays in the field.
 *
 * Loaded when something is first to be completed (completing.jsx).
 *
 * @import {Completing} from "./completing.jsx"
 * @import {Proposal} from "./proposals.js"
 */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { get } from "../api.js";
import { nt, t } from "../i18n/index.js";
import { roster } from "../live/state.js";
import { isHere, statusOf } from "../store/roster.js";
import { Avatar } from "./Avatar.jsx";
import { Icon } from "./Icon.jsx";
import { place } from "./Popover.jsx";
import { meaningOf } from "./proposals.js";
import { StatusDot } from "./StatusDot.jsx";

export { proposalsFor } from "./proposals.js";

/** @param {{completing: Completing}} props */
export function List({ completing }) {
  const { listId, roomId, anchor, proposals, active, choose } = completing;
  const panel = useRef(/** @type {HTMLDivElement | null} */ (null));
  const reach = useReach(roomId);
  useLayoutEffect(() => panel.current?.showPopover(), []);
  useLayoutEffect(() => {
    const beside = anchor.current?.closest(".composer-box") ?? anchor.current;
    if (!(beside instanceof HTMLElement) || !panel.current) return;
    panel.current.style.maxInlineSize = `${beside.offsetWidth}px`;
    place(beside, panel.current, "above");
    panel.current.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  });
  return (
    <div
      ref={panel}
      id={listId}
      popover="manual"
      class="completion"
      role="listbox"
      aria-label={t("Suggestions")}
    >
      {proposals.map((proposal) => (
        <div
          key={proposal.id}
          id={`${listId}-${proposal.id}`}
          class="proposal"
          role="option"
          aria-selected={proposal === active}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => choose(proposal)}
        >
          <Shown proposal={proposal} roomId={roomId} reach={reach} />
        </div>
      ))}
    </div>
  );
}

/** @param {{proposal: Proposal, roomId: string, reach: Reach | null}} props */
function Shown({ proposal, roomId, reach }) {
  if (proposal.kind === "person") return <Somebody person={proposal.person} roomId={roomId} />;
  if (proposal.kind === "emoji")
    return (
      <>
        <span class="proposal-sign">{proposal.emoji}</span>
        <span class="proposal-name">:{proposal.name}:</span>
      </>
    );
  const count = reach?.[proposal.word];
  return (
    <>
      <span class="proposal-sign">
        <Icon name="people" size={18} />
      </span>
      <strong class="proposal-name">@{proposal.word}</strong>
      <small>
        {count === undefined ? meaningOf(proposal.word) : countOf(proposal.word, count)}
      </small>
    </>
  );
}

/** @param {{person: import("../store/roster.js").Seen, roomId: string}} props */
function Somebody({ person, roomId }) {
  return (
    <>
      <span class="avatar-place proposal-sign">
        <Avatar id={person.user_id} name={person.display_name} size="small" />
        <StatusDot status={statusOf(roster.value, person.user_id)} />
      </span>
      <strong class="proposal-name" dir="auto">
        {person.display_name}
      </strong>
      <small>@{person.username}</small>
      {isHere(roster.value, person.user_id, roomId) && (
        <small class="proposal-here">{t("Here now")}</small>
      )}
    </>
  );
}

/** @typedef {{here: number, room: number}} Reach */

/** How many the words would call now; null until the server told. @param {string} roomId */
function useReach(roomId) {
  const [reach, setReach] = useState(/** @type {Reach | null} */ (null));
  useEffect(() => {
    get(`/api/v1/rooms/${roomId}/mention-preview`).then(setReach, () => {}); // then without numbers
  }, [roomId]);
  return reach;
}

/** @param {"here" | "room"} word @param {number} count */
function countOf(word, count) {
  return word === "here"
    ? nt("{n} person who is online now", "{n} people who are online now", count)
    : nt("{n} other member", "all {n} other members", count);
}
