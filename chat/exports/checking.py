"""Reads the lines of an export and says what is wrong with them, before anything is stored.

The rules of the file: it stores nothing; memory grows with the people of the room and one byte a
message; what `check` took, `importing.py` can store.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final, Protocol

import msgspec

from chat import wire
from chat.errors import Invalid
from chat.exports.records import (
    EMOJI_MAX,
    FORMAT,
    PINS_MAX,
    VERSION,
    EndLine,
    Line,
    MessageLine,
    PersonLine,
    RoomLine,
    named_in,
    read,
)
from chat.text import clean_description, clean_name, clean_topic, key_of

LINE_MAX_BYTES: Final = 16 * 1024 * 1024  # 101 texts of 4 000 characters are 2.5 MB at most

Progress = Callable[[int, int], None]
"""Told how many messages are done, of how many."""


class Texts(Protocol):
    """What a message may say and carry; messages know."""

    def checked(self, body: str) -> str:
        """The text as it is stored. Raises Invalid."""

    def emoji(self, value: str) -> str:
        """The reaction as it is stored. Raises Invalid."""


@dataclass(slots=True)
class Checked:
    """What a whole and right file holds; people by the keys of their names, digest of its bytes."""

    room: RoomLine
    people: dict[str, PersonLine] = field(default_factory=dict)
    digest: str = ""


def numbered(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines of the file with their numbers, from 1. Raises Invalid for one without end."""
    number = 0
    while line := file.readline(LINE_MAX_BYTES + 1):
        number += 1
        if len(line) > LINE_MAX_BYTES:
            raise _wrong(number, f"it is longer than {LINE_MAX_BYTES} bytes")
        yield number, line


def check(file: BinaryIO, texts: Texts, progress: Progress) -> Checked:
    """The file is an export, whole and right. Raises Invalid, whose sentence names the line."""
    digest = hashlib.sha256()
    checker: _Checker | None = None
    for number, raw in numbered(file):
        digest.update(raw)
        line = _record(number, raw)
        try:
            if checker is None:
                checker = _Checker(texts, _room(line))
            else:
                checker.take(line)
        except Invalid as refusal:
            raise _wrong(number, refusal.message.rstrip(".")) from None
        if isinstance(line, MessageLine):
            progress(line.seq, checker.checked.room.last_seq)
    if checker is None:
        raise Invalid("The file is empty.")
    if not checker.is_ended:
        raise Invalid("The file was cut off: its last line is not the end of an export.")
    checker.checked.digest = digest.hexdigest()
    return checker.checked


def messages_in(file: BinaryIO, after: int) -> Iterator[MessageLine]:
    """The messages beyond a seq, of a file that was checked."""
    for number, raw in numbered(file):
        line = _record(number, raw)
        if isinstance(line, MessageLine) and line.seq > after:
            yield line


class _Checker:
    """Takes line after line and remembers what later ones may name."""

    def __init__(self, texts: Texts, room: RoomLine) -> None:
        self.checked = Checked(room)
        self.is_ended = False
        self._texts = texts
        self._answers = bytearray()  # of each message, in order, whether it stands in a thread
        self._pins = 0

    def take(self, line: Line) -> None:
        """The line follows those before it. Raises Invalid."""
        if self.is_ended:
            raise Invalid("It stands after the end.")
        if isinstance(line, PersonLine):
            self._take_person(line)
        elif isinstance(line, MessageLine):
            self._take_message(line)
        elif isinstance(line, EndLine):
            self._take_end(line)
        else:
            raise Invalid("A file holds one room.")

    def _take_person(self, line: PersonLine) -> None:
        _require_username(line.username)
        clean_name(line.display_name, field="display_name")
        key = key_of(line.username)
        if key in self.checked.people:
            raise Invalid(f"{line.username} was introduced before.")
        if (line.role is None) != (line.joined_at_ms is None):
            raise Invalid("A member has a role and joined_at_ms, others have neither.")
        self.checked.people[key] = line

    def _take_message(self, line: MessageLine) -> None:
        expected = self.checked.room.first_seq + len(self._answers)
        if line.seq != expected or line.seq > self.checked.room.last_seq:
            raise Invalid(f"The seq is {line.seq} where {expected} follows.")
        for name in named_in(line):
            if key_of(name) not in self.checked.people:
                raise Invalid(f"{name} was not introduced.")
        self._require_earlier(line)
        self._require_said(line)
        self._require_marks(line)
        self._answers.append(line.thread is not None)

    def _require_earlier(self, line: MessageLine) -> None:
        """What the message answers stands before it, and the root of a thread is no answer."""
        first = self.checked.room.first_seq
        for place in (line.reply_to, line.thread):
            if place is not None and not first <= place < line.seq:
                raise Invalid(f"It answers {place}, which does not stand before it.")
        if line.thread is not None and self._answers[line.thread - first]:
            raise Invalid(f"The root of its thread, {line.thread}, is itself an answer.")

    def _require_said(self, line: MessageLine) -> None:
        if line.deleted_at_ms is not None:
            if line.body or line.versions or line.reactions or line.pinned_at_ms is not None:
                raise Invalid("A deleted message says nothing and carries nothing.")
            return
        for body in (line.body, *(version.body for version in line.versions)):
            self._texts.checked(body)

    def _require_marks(self, line: MessageLine) -> None:
        if (line.pinned_at_ms is None) != (line.pinned_by is None):
            raise Invalid("A pin has a time and somebody who set it.")
        self._pins += line.pinned_at_ms is not None
        if self._pins > PINS_MAX:
            raise Invalid(f"A room takes {PINS_MAX} pinned messages.")
        emoji = {self._texts.emoji(one.emoji) for one in line.reactions}
        if len(emoji) > EMOJI_MAX:
            raise Invalid(f"A message takes {EMOJI_MAX} different emoji.")
        if len({(one.emoji, key_of(one.user)) for one in line.reactions}) < len(line.reactions):
            raise Invalid("Somebody reacted twice with one emoji.")

    def _take_end(self, line: EndLine) -> None:
        taken = len(self._answers)
        if (line.messages, line.people) != (taken, len(self.checked.people)):
            raise Invalid("It counts other messages or people than stand before it.")
        if taken != self.checked.room.messages:
            raise Invalid(f"There are {taken} messages of {self.checked.room.messages}.")
        if key_of(self.checked.room.created_by) not in self.checked.people:
            raise Invalid("Who made the room was not introduced.")
        self.is_ended = True


def _require_username(name: str) -> None:
    if not re.match(wire.USERNAME_PATTERN, name):
        raise Invalid(f"{name[:40]!r} cannot be a username.")


def _record(number: int, raw: bytes) -> Line:
    try:
        return read(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError) as refusal:
        raise _wrong(number, str(refusal)[:300]) from None


def _room(line: Line) -> RoomLine:
    """The line as that of a room of this format. Raises Invalid."""
    if not isinstance(line, RoomLine) or line.format != FORMAT:
        raise Invalid("It is not the beginning of an exported room.")
    if line.version != VERSION:
        raise Invalid(f"The file is of version {line.version}; this Rollcall reads {VERSION}.")
    if line.messages < 0:
        raise Invalid("Its first_seq is beyond the message that follows its last.")
    clean_name(line.name, field="name")
    clean_topic(line.topic)
    clean_description(line.description)
    return line


def _wrong(number: int, what: str) -> Invalid:
    return Invalid(f"Line {number} cannot be used: {what}. Nothing was imported.")
