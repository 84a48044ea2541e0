"""Every table, in one place: importing this module fills chat.db.metadata for the migrations."""

from chat.accounts.models import sessions, users
from chat.messages.models import (
    drafts,
    mentions,
    message_edits,
    messages,
    reactions,
    reading_settings,
    receipts,
    saved,
    thread_reads,
)
from chat.retention.models import turns
from chat.rooms.models import audit, bans, invites, memberships, rooms
from chat.roster.models import claims
from chat.search.models import message_words

ALL = (
    *(users, sessions, rooms, memberships, bans, invites, audit, messages, claims),
    *(reactions, message_edits, mentions, saved, drafts),
    *(thread_reads, receipts, reading_settings, message_words, turns),
)
