"""The safeguards, how each is taken out, and the test that must notice.

The rule of the file: a replacement removes the safeguard and nothing else, and the code still
runs. One test is named, the quickest that is about the promise; others may turn red too.
"""

from dataclasses import dataclass

PRESENCE, CHAT = "tests/presence/", "tests/chat/"
SETTLE, HEAD = "presence/lua/settle.lua", "presence/lua/head.lua"
LISTENER, LOG = "presence/listener.py", "presence/log.py"
MARKDOWN = "messages/test_markdown.py::"
REMOVING = "retention/test_removing.py::"
REMOVER, PAGES = "chat/retention/removing.py", "chat/messages/pages.py"
HEARTBEAT, TRACKER = "presence/heartbeat.py", "presence/tracker.py"


@dataclass(frozen=True, slots=True)
class Mutant:
    """text stands exactly once in file; with replacement in its place, test must fail."""

    safeguard: str
    file: str
    text: str
    replacement: str
    test: str


MUTANTS = (
    Mutant(
        "claim re-check: an expired event ends only what is due",
        "presence/lua/expire.lua",
        "if not deadline or deadline > now then",
        "if not deadline then",
        PRESENCE + "test_store.py::test_expire_before_the_deadline_decides_nothing",
    ),
    Mutant(
        "hold: nobody is ended after the store stood still",
        HEAD,
        "  return now < hold\n",
        "  return false\n",
        PRESENCE + "test_store.py::test_hold_after_a_stall_ends_nobody_until_it_is_over",
    ),
    Mutant(
        "hold, seen from outside: nobody flashes offline when the clock of Redis jumps",
        HEAD,
        "  return now < hold\n",
        "  return false\n",
        "tests/faults/test_store.py::test_store_fault[clock an hour ahead]",
    ),
    Mutant(
        "clamp: after a jump back no lease is longer than the longest",
        HEAD,
        "    if jumped_back then clamp_deadlines() end\n",
        "",
        PRESENCE
        + "test_store.py::test_clock_that_jumped_back_leaves_no_lease_longer_than_the_longest",
    ),
    Mutant(
        "epoch: what a store says that was just emptied is no answer",
        TRACKER,
        "        if answer.epoch != epoch:\n",
        "        if False:\n",
        PRESENCE + "test_recovery.py::test_store_that_was_just_emptied_is_asked_for_nobody",
    ),
    Mutant(
        "epoch: an entry of another life is not the next one",
        LOG,
        "if epoch == place.epoch and transition.rev == position",
        "if transition.rev == position",
        PRESENCE + "test_log.py::test_reader_takes_no_entry_of_another_epoch_for_its_own",
    ),
    Mutant(
        "epoch: a renewal in another life is refused",
        "presence/lua/renew.lua",
        "if believed ~= epoch then return reply() end\n",
        "",
        PRESENCE + "test_store.py::test_renew_in_another_epoch_does_nothing",
    ),
    Mutant(
        "rev without holes: a hole in the log is a gap",
        LOG,
        "if epoch == place.epoch and transition.rev == position",
        "if epoch == place.epoch",
        PRESENCE + "test_log.py::test_reader_notices_entries_that_were_trimmed_unread",
    ),
    Mutant(
        "resubscribe sweep: each subscription is a gap",
        LISTENER,
        "            self._on_gap()\n",
        "            pass\n",
        PRESENCE + "test_listener.py::test_each_subscription_is_a_gap",
    ),
    Mutant(
        "probe: a link that hears nothing is built anew",
        LISTENER,
        "max(self._subscribed_s, self._heard_s or 0.0) > self._deaf_after_s()",
        "max(self._subscribed_s, self._heard_s or 0.0) > now_s",
        PRESENCE + "test_listener.py::test_link_that_hears_nothing_is_built_anew",
    ),
    Mutant(
        "reader's own watch: a link that stays behind is cut",
        LOG,
        "        if now_s - self._behind_since_s < DEAF_AFTER_S:\n",
        "        if True:\n",
        PRESENCE + "test_log.py::test_reader_behind_for_too_long_has_its_link_cut",
    ),
    Mutant(
        "gen: strictly up with each transition",
        SETTLE,
        "note(user, status, gen + 1, cause",
        "note(user, status, gen, cause",
        PRESENCE + "test_store_machine.py",
    ),
    Mutant(
        "one settle step: what shows nothing new is no transition",
        SETTLE,
        "  elseif is_news then\n",
        "  else\n",
        PRESENCE + "test_store_machine.py",
    ),
    Mutant(
        "the view tells only what changes something",
        LOG,
        "            if before == transition.shown:\n",
        "            if before == transition:\n",
        PRESENCE + "test_log.py::test_view_tells_only_what_changes_something",
    ),
    Mutant(
        "grace: a closed tab still counts for a while",
        TRACKER,
        "        grace_ms, is_silent = self._timings.grace_ms,",
        "        grace_ms, is_silent = 0,",
        PRESENCE
        + "test_tracker.py::test_tab_closed_is_offline_after_the_grace_and_within_the_bound",
    ),
    Mutant(
        "only who answered a ping is renewed",
        HEARTBEAT,
        " if local.seen_s >= oldest_s]",
        "]",
        PRESENCE + "test_heartbeat.py::test_connection_that_owes_a_pong_is_not_renewed",
    ),
    Mutant(
        "ghosts: a grant that lands after the close is taken back",
        HEARTBEAT,
        "    if gone:\n",
        "    if False:\n",
        PRESENCE + "test_heartbeat.py::test_grant_that_lands_after_the_close_leaves_no_ghost",
    ),
    Mutant(
        "worker lease: the leases of a dead worker are shortened",
        "presence/lua/sweep.lua",
        "  if dead[1] then orphan_leases_of(dead[1], tonumber(dead[2])) end\n",
        "",
        PRESENCE + "test_store.py::test_sweep_shortens_the_leases_of_a_dead_worker",
    ),
    Mutant(
        "invisible is offline to others, and nothing is logged",
        SETTLE,
        "  if claim.status == 'invisible' then return 'offline', NO_WORDS, NO_FOCUS, review end\n",
        "",
        PRESENCE + "test_claims.py::test_nothing_is_logged_of_the_invisible",
    ),
    Mutant(
        "version: an older claim never comes back",
        "presence/lua/claim.lua",
        "if claim.version >= version_of(user) then write_claim(user, claim) end",
        "write_claim(user, claim)",
        PRESENCE + "test_claims.py::test_older_claim_never_comes_back",
    ),
    Mutant(
        "own doing is told once in apart_ms",
        SETTLE,
        "  return CHOSEN[cause] and now >= told_at and now < told_at + apart_ms\n",
        "  return false\n",
        PRESENCE + "test_focus.py::test_own_doing_is_told_once_in_its_time",
    ),
    Mutant(
        "audience: a shift is for the members of its rooms",
        "chat/roster/sight.py",
        "    return rooms.intersection(one.shifts) if one.cause == SHIFTED else rooms\n",
        "    return rooms\n",
        CHAT + "roster/test_announcer.py::test_shift_reaches_the_members_of_its_rooms_alone",
    ),
    Mutant(
        "audience: a resync tells no shift of rooms that are not shared",
        "chat/roster/service.py",
        "        return bool(sight.here(one.user_id, one.shifts))\n",
        "        return True\n",
        CHAT + "roster/test_service.py::"
        "test_here_is_told_in_the_rooms_that_viewer_and_user_share[sqlite]",
    ),
    Mutant(
        "resync: it carries the members of rooms that changed",
        "chat/roster/service.py",
        "        rooms = self._people.changed_rooms(viewer.user_id, held) if held else {}\n",
        "        rooms: dict[str, wire.RoomMembers] = {}\n",
        CHAT + "roster/test_whole.py::test_old_snapshot_events_and_a_resync_equal_a_new_snapshot",
    ),
    Mutant(
        "membership: nobody is here where he is no member",
        "chat/roster/events.py",
        "            raise NotMember\n",
        "            pass\n",
        "tests/walks/test_here_now.py::test_room_of_others_is_refused",
    ),
    Mutant(
        "bucket: a flooder is cut",
        "chat/edge_socket.py",
        "        if self.guard.has_tokens(self, 1 + _size(pkt) // CHARS_PER_TOKEN):\n",
        "        if True:\n",
        CHAT + "test_edge_socket.py::test_events_beyond_the_bucket_get_an_error_then_a_close",
    ),
    Mutant(
        "bucket of the user: many sockets are no way around",
        "chat/edge.py",
        " and not self._owner_tokens.take(\n            one.owner, now, cost\n        )\n",
        "\n",
        CHAT + "test_edge_socket.py::test_sockets_of_one_user_share_a_bucket",
    ),
    Mutant(
        "yield: a flooder lets others have their turn",
        "chat/edge_socket.py",
        "        self.guard.pause()\n        if self._admits(pkt):\n",
        "        if self._admits(pkt):\n",
        CHAT + "test_edge_socket.py::test_every_packet_yields_first",
    ),
    Mutant(
        "bucket: packets are judged by when they came, however dear they are",
        "chat/edge_socket.py",
        "        while not inbox or (len(inbox) < INBOX_MAX and has_message(ws.socket)):\n",
        "        while not inbox:\n",
        CHAT + "test_edge_socket.py::test_flooder_is_closed_however_dear_his_events_are",
    ),
    Mutant(
        "reading ahead: what has not come whole keeps nobody waiting",
        "chat/frames.py",
        " or body + size > waiting:\n",
        ":\n",
        CHAT + "test_edge_socket.py::test_packet_that_has_not_come_whole_keeps_nobody_waiting",
    ),
    Mutant(
        "deadline for CONNECT",
        "chat/edge.py",
        "self._deadlines[engine_sid] = self._now_ms() + CONNECT_DEADLINE_MS",
        "pass",
        CHAT + "test_edge.py::test_socket_that_never_connects_is_closed_at_the_deadline",
    ),
    Mutant(
        "gates: a herd is let in by turns",
        "chat/gate.py",
        "while not self._free.acquire(timeout=self._lent_s):",
        "while False:",
        CHAT + "test_gate.py::test_more_than_there_are_places_for_wait_and_come_in_later",
    ),
    Mutant(
        "gates: whoever waits for nothing goes by turns too",
        "chat/gate.py",
        "        time.sleep(0)",
        "        pass",
        CHAT + "test_gate.py::test_who_waits_for_nothing_keeps_his_place_into_the_next_turn",
    ),
    Mutant(
        "gates: nobody loses a place he was just lent",
        "chat/gate.py",
        "if since <= overdue",
        "if True",
        CHAT + "test_gate.py::test_who_waits_long_waits_on_while_places_are_left_in_time",
    ),
    Mutant(
        "gates: a store that hangs makes no more places",
        "chat/gate.py",
        "            self._take_back_overdue()",
        "            break",
        CHAT + "test_gate.py::test_a_place_that_is_held_too_long_is_lent_to_the_next",
    ),
    Mutant(
        "gates: sockets that are cut off together leave by turns",
        "chat/edge_socket.py",
        "with self.guard.leaving.place():",
        "if True:",
        CHAT + "test_gate.py::test_a_thousand_that_are_cut_off_leave_by_turns",
    ),
    Mutant(
        "gates: a place is free as soon as the socket is open",
        "chat/edge_socket.py",
        "        self.opening.leave()\n",
        "",
        CHAT + "test_gate.py::test_a_socket_that_is_open_holds_no_place",
    ),
    Mutant(
        "fragments: their sum is bounded",
        "chat/frames.py",
        "        if _joined(frame.data) > guarded.packet_bytes:\n",
        "        if False:\n",
        "tests/badinput/test_bombs.py::test_fragment_bomb_is_closed_with_1009",
    ),
    Mutant(
        "origin: a foreign page is refused",
        "chat/roster/entrance.py",
        "        return self._rules.is_origin_allowed(knock.origin, knock.host)\n",
        "        return True\n",
        CHAT + "roster/test_entrance.py::test_refused_socket_gets_a_code_and_leaves_nothing",
    ),
    Mutant(
        "no emit without an audience",
        "chat/fanout.py",
        "    if not target:\n",
        "    if False:\n",
        CHAT + "test_fanout.py::test_empty_audience_is_refused",
    ),
    Mutant(
        "bus: an inbox that ran over is a gap",
        "chat/bus_scripts.py",
        "if not is_known or redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[3]) then\n",
        "if not is_known then\n",
        CHAT + "test_bus.py::test_inbox_that_ran_over_is_begun_anew_and_is_a_gap",
    ),
    Mutant(
        "bus: an inbox that went back in time is a gap",
        "chat/bus_scripts.py",
        "local is_known = #redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2]) == 1\n",
        "local is_known = redis.call('EXISTS', KEYS[1]) == 1\n",
        CHAT + "test_bus.py::test_inbox_that_went_back_in_time_is_begun_anew_and_is_a_gap",
    ),
    Mutant(
        "bus: an entry sent twice comes once",
        "chat/bus.py",
        "        if number <= self._newest_of.get(worker_id, 0):\n",
        "        if False:\n",
        CHAT + "test_bus.py::test_entry_sent_twice_comes_once",
    ),
    Mutant(
        "bus: an inbox begun anew is a gap",
        "chat/bus.py",
        "        if is_begun or server != self._server or not self._is_anchored:\n",
        "        if server != self._server or not self._is_anchored:\n",
        CHAT + "test_bus.py::test_keys_that_vanish_are_a_gap_and_made_anew",
    ),
    Mutant(
        "bus: an inbox begun anew by a call that came late is a gap",
        "chat/bus.py",
        "        if raw == BEGUN:",
        "        if False:",
        CHAT + "test_bus.py::test_inbox_that_was_begun_anew_by_a_call_that_came_late_is_a_gap",
    ),
    Mutant(
        "bus: a word on rooms that comes after a later one is not believed",
        "chat/bus_scripts.py",
        "if tonumber(redis.call('GET', KEYS[3]) or 0) > tonumber(ARGV[2]) then return 0 end\n",
        "",
        CHAT + "test_bus_rooms.py::test_word_that_comes_after_a_later_one_is_not_believed",
    ),
    Mutant(
        "bus: people who came in before there was an inbox are healed",
        "chat/bus.py",
        "        if former is not None or heard:\n",
        "        if former is not None:\n",
        CHAT + "test_bus.py::test_start_without_redis_reads_when_it_comes_and_heals_who_is_here",
    ),
    Mutant(
        "bus: another server is a gap to everybody",
        "chat/bus.py",
        "            self._waiting.put_gap()\n",
        "            pass\n",
        CHAT + "test_bus.py::test_failover_on_purpose_is_a_gap_to_everybody",
    ),
    Mutant(
        "bus: who was alone tells a newcomer to read what was before",
        "chat/bus_queue.py",
        '            self.put(MET, _ALL, "")\n',
        "            pass\n",
        CHAT + "test_bus_alone.py::test_newcomer_reads_what_was_not_sent_and_is_sent_the_rest",
    ),
    Mutant(
        "bus: a newcomer says that he came",
        "chat/bus.py",
        "        if raw == CAME:\n            self._waiting.meets()\n",
        "        if raw == CAME:\n",
        CHAT + "test_bus_alone.py::test_answer_from_before_a_newcomer_is_not_believed",
    ),
    Mutant(
        "bus: a newcomer whose word was lost is seen by the next look",
        "chat/bus.py",
        "        self._waiting.counted(others, meetings)\n        self._wake.set()\n",
        "",
        CHAT + "test_bus_alone.py::test_newcomer_whose_word_was_lost_is_seen_by_the_next_look",
    ),
    Mutant(
        "bus: an answer from before a newcomer is not believed",
        "chat/bus_queue.py",
        "        elif meetings == self.meetings:\n",
        "        else:\n",
        CHAT + "test_bus_alone.py::test_answer_from_before_a_newcomer_is_not_believed",
    ),
    Mutant(
        "bus: what an overfull queue dropped is a gap to the others",
        "chat/bus_queue.py",
        '        self._waiting.appendleft(Waiting(number, "", gap.text()))\n',
        "",
        CHAT + "test_bus.py::test_full_queue_drops_the_oldest_and_the_others_are_told",
    ),
    Mutant(
        "bus: numbers are in the order in which entries are sent, whoever puts them",
        "chat/bus_queue.py",
        "        self._turn = threading.Lock()\n",
        "        import contextlib\n\n        self._turn = contextlib.nullcontext()\n",
        CHAT + "test_bus_queue.py::test_threads_that_put_at_once_keep_the_order_of_the_numbers",
    ),
    Mutant(
        "bus: who comes into a room is told what was committed before it was heard of here",
        "chat/bus.py",
        "            self._on_heard(rooms)\n",
        "            pass\n",
        CHAT + "test_bus_heals.py::test_who_is_in_a_room_has_all_of_it",
    ),
    Mutant(
        "bus: whoever comes into a room is looked at by the beat",
        "chat/roster/live.py",
        "            on_heard=self._rooms_heard,\n",
        "",
        CHAT + "test_live.py::test_room_with_its_first_member_here_is_heard_of_and_looked_at",
    ),
    Mutant(
        "bus: Redis is told of the rooms with members here",
        "chat/roster/live.py",
        "        self.connections.on_room = self.bus.hears\n",
        "",
        CHAT + "test_live.py::test_room_with_its_first_member_here_is_heard_of_and_looked_at",
    ),
    Mutant(
        "bus: a room that moves while Redis is told is told again",
        "chat/bus_rooms.py",
        "            self._moved.pop(room_id, None)",
        "            pass",
        CHAT + "test_bus_rooms.py::test_room_that_moves_while_redis_is_told_is_told_again[True]",
    ),
    Mutant(
        "idempotent client ids: a message sent again is the first one",
        "chat/messages/posting.py",
        "        if post.message is None:\n            return self._posted_before(post), False\n",
        "        if post.message is None:\n            raise post.refusal\n",
        CHAT + "messages/test_service.py::test_same_client_id_is_one_message[sqlite]",
    ),
    Mutant(
        "group commit: what goes wrong with one message rolls nobody else back for good",
        "chat/messages/posting.py",
        "            for post in posts:\n                self._commit_all([post])\n",
        "            for post in posts:\n                post.refusal = error\n",
        CHAT + "messages/test_posting.py::test_bad_one_among_many_fails_alone[sqlite]",
    ),
    Mutant(
        "shards: an entry that was brought twice is in the log once",
        "presence/lua/sequence.lua",
        "  if rev_there > position then\n",
        "  if true then\n",
        PRESENCE
        + "test_shards.py::"
        + "test_what_a_dead_worker_did_not_bring_the_sweep_of_another_brings_once",
    ),
    Mutant(
        "shards: a hole in a shard's log ends the epoch",
        "presence/lua/sequence.lua",
        "if rev_there > position + 1 then",
        "if false then",
        PRESENCE + "test_shards.py::test_entries_trimmed_before_anybody_brought_them_end_the_epoch",
    ),
    Mutant(
        "shards: a shard that began anew ends the epoch of all",
        "presence/lua/join.lua",
        "if not is_same then",
        "if not is_same and not positions[1] then",
        PRESENCE + "test_shards.py::test_shard_that_begins_anew_ends_the_epoch",
    ),
    Mutant(
        "shards: workers of two numbers never share a store",
        "presence/lua/life.lua",
        "  if is_alone() then",
        "  if true then",
        PRESENCE
        + "test_shards.py::"
        + "test_another_number_of_shards_waits_until_nobody_uses_the_former[1-3]",
    ),
    Mutant(
        "failover: a swap that breaks no link is noticed",
        "presence/recovery.py",
        " and life_age_s < ASK_LIFE_EVERY_S:",
        ":",
        PRESENCE + "test_failover.py::test_another_master_is_followed[swaps-8.0]",
    ),
    Mutant(
        "failover: links in use leave a master that was swapped",
        "chat/sentinels.py",
        "            link.mark_for_reconnect()",
        "            pass",
        CHAT + "test_sentinels.py::test_links_in_use_and_idle_leave_a_master_that_was_swapped",
    ),
    Mutant(
        "eviction: a Redis that may drop keys is not ready",
        "chat/redis_client.py",
        "    return policy if memory",
        "    return None if memory",
        CHAT + "test_health.py::test_redis_that_may_drop_keys_is_not_ready",
    ),
    Mutant(
        "effort: a text that asks too much of the parser is shown as typed",
        "chat/messages/effort.py",
        "        if self.steps < 0:",
        "        if False:",
        CHAT + MARKDOWN + "test_text_that_asks_too_much_of_the_parser_is_shown_as_typed",
    ),
    Mutant(
        "effort: cells of a table that nobody wrote are paid for",
        "chat/messages/effort.py",
        '    state.env[_WHERE].take(head.count("|") * rows)',
        "    pass",
        CHAT + MARKDOWN + "test_text_that_asks_too_much_of_the_parser_is_shown_as_typed",
    ),
    Mutant(
        "colours: a lexer that does not end is cut off",
        "chat/cut_off.py",
        "            signal.setitimer(signal.ITIMER_VIRTUAL, budget_s, AGAIN_S)",
        "            pass",
        CHAT + MARKDOWN + "test_code_on_which_a_lexer_does_not_end_stays_plain",
    ),
    Mutant(
        "colours: no collection of garbage spends what a lexer has",
        "chat/cut_off.py",
        "    gc.disable()",
        "    pass",
        CHAT + "test_cut_off.py::test_no_garbage_is_collected_meanwhile",
    ),
    Mutant(
        "colours: an end that somebody swallowed comes again",
        "chat/cut_off.py",
        "budget_s, AGAIN_S)",
        "budget_s)",
        CHAT + "test_cut_off.py::test_an_end_that_was_swallowed_comes_again",
    ),
    Mutant(
        "retention: whoever lost his turn writes nothing",
        REMOVER,
        "        if not self._turn.take(sql, self._now_ms()):",
        "        if False:",
        CHAT
        + "retention/test_turns.py::test_worker_that_lost_its_turn_writes_nothing_more[sqlite]",
    ),
    Mutant(
        "retention: one transaction removes a batch and no more",
        REMOVER,
        ".order_by(messages.c.seq).limit(BATCH)",
        ".order_by(messages.c.seq)",
        CHAT + "retention/test_turns.py::test_no_transaction_removes_more_than_a_batch[sqlite]",
    ),
    Mutant(
        "retention: a message that may be sent again stays as a stub",
        REMOVER,
        '        return roots | {row["id"] for row in rows if row["at_ms"] > since_ms}',
        "        return roots",
        CHAT + REMOVING + "test_resend_of_a_removed_message_is_not_posted_again[sqlite]",
    ),
    Mutant(
        "retention: a root whose answers are kept stays as a stub",
        REMOVER,
        "        return roots | {",
        "        return {",
        CHAT + REMOVING + "test_root_stays_as_a_stub_while_its_answers_are_kept[sqlite]",
    ),
    Mutant(
        "retention: a rule that was lifted meanwhile removes nothing",
        REMOVER,
        "days_of(keep_days, self._most_days) != days or ",
        "",
        CHAT + REMOVING + "test_rule_that_is_lifted_in_time_removes_nothing[sqlite]",
    ),
    Mutant(
        "retention: a room that is being imported is left alone",
        REMOVER,
        "rooms.c.id.in_(ids), _is_whole(), has_work",
        "rooms.c.id.in_(ids), has_work",
        CHAT + REMOVING + "test_room_that_is_being_imported_is_left_alone[sqlite]",
    ),
    Mutant(
        "retention: what is cut is shown to nobody before it is swept",
        PAGES,
        "    return (messages.c.room_id == room_id) & (messages.c.seq >= head.first_seq)",
        "    return messages.c.room_id == room_id",
        CHAT + REMOVING + "test_message_that_is_hidden_is_reached_by_no_way[sqlite]",
    ),
    Mutant(
        "retention: a client that is behind a removal begins anew",
        PAGES,
        "    if held.seq + 1 < head.first_seq:",
        "    if False:",
        CHAT
        + REMOVING
        + "test_client_behind_the_removal_begins_anew_and_one_at_its_edge_does_not[sqlite]",
    ),
    Mutant(
        "retention: what was removed counts as read",
        "chat/rooms/views.py",
        '    return max(int(row["read_seq"]), int(row["first_seq"]) - 1)',
        '    return int(row["read_seq"])',
        CHAT + REMOVING + "test_unread_and_mentions_never_count_what_was_removed[sqlite]",
    ),
    Mutant(
        "retention: a file has no hole where messages were removed meanwhile",
        "chat/exports/reading.py",
        "            if not page.messages or page.messages[0].line.seq != seq + 1:",
        "            if not page.messages:",
        CHAT + "exports/test_round_trip.py::test_export_that_meets_a_removal_is_broken_off[sqlite]",
    ),
)
