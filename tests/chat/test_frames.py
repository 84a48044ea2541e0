"""WebSocket frames: whatever the pieces they come in, bounded alone and together."""

import contextlib
import random
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.frames import (
    BINARY,
    CLOSE,
    NORMAL,
    PIECE,
    PING,
    PONG,
    PROTOCOL_ERROR,
    TEXT,
    TEXT_ONLY,
    TOO_BIG,
    BadFrameError,
    Frame,
    Frames,
    answer_to_close,
    close_frame,
    control_frame,
    unmask,
)
from tests.support.raw import frame_of

MOST_BYTES = 70_000
RUNS: Final = 3_000
SIZES: Final = (0, 1, 2, 5, 125, 126, 127, 300, 65_535, 65_536)


def read(data: bytes, *cuts: int, most_bytes: int = MOST_BYTES) -> list[Frame]:
    """Return what comes out of data, which comes in pieces: cut at these places."""
    frames, given_out = Frames(most_bytes), []
    for begin, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        frames.feed(data[begin:end])
        while (frame := frames.next()) is not None:
            given_out.append(frame)
    return given_out


def test_anything_comes_out_as_it_was_sent_however_it_is_cut() -> None:
    """Messages of all lengths, whole and in fragments with control frames between, against what
    was written: thousands of streams, in pieces of any size."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # shown with a failure
    chance = random.Random(seed)
    for _ in range(RUNS):
        sent, expected = stream(chance)
        cuts = sorted(chance.choices(range(len(sent) + 1), k=chance.choice((0, 1, 3, 30))))

        assert read(sent, *cuts) == expected


def stream(chance: random.Random) -> tuple[bytes, list[Frame]]:
    """Return some frames as a client sends them, and what is to come out of them."""
    sent, expected = b"", []
    for _ in range(chance.randrange(1, 6)):
        payload = chance.randbytes(chance.choices(SIZES, (9, 9, 9, 9, 5, 5, 5, 5, 1, 1))[0])
        if chance.random() < 0.3:
            opcode, control = chance.choice((PING, PONG, CLOSE)), payload[:125]
            sent += frame_of(opcode, control, mask=chance.randbytes(4))
            expected.append((opcode, control))
            continue
        *pieces, last = fragments(chance, payload)
        for number, piece in enumerate(pieces):
            opcode, mask = PIECE if number else TEXT, chance.randbytes(4)
            sent += frame_of(opcode, piece, is_last=False, mask=mask)
            expected.append((PIECE, b""))
            if chance.random() < 0.3:
                sent += frame_of(PING, b"between")
                expected.append((PING, b"between"))
        sent += frame_of(PIECE if pieces else TEXT, last, mask=chance.randbytes(4))
        expected.append((TEXT, payload))
    return sent, expected


def fragments(chance: random.Random, payload: bytes) -> Iterator[bytes]:
    """The payload in one piece, or in several of any size."""
    begin = 0
    for end in sorted(chance.choices(range(len(payload) + 1), k=chance.choice((0, 0, 1, 4)))):
        yield payload[begin:end]
        begin = end
    yield payload[begin:]


def test_each_byte_alone_is_enough() -> None:
    """What comes byte by byte is put together all the same."""
    sent = frame_of(TEXT, b"4" + b"x" * 300) + frame_of(PING, b"?") + frame_of(TEXT, b"3")

    assert read(sent, *range(1, len(sent))) == [
        (TEXT, b"4" + b"x" * 300),
        (PING, b"?"),
        (TEXT, b"3"),
    ]


@given(st.binary(max_size=300))
def test_any_bytes_are_frames_or_bad(data: bytes) -> None:
    """Nothing but BadFrameError escapes, and no message is longer than allowed."""
    with contextlib.suppress(BadFrameError):
        assert all(len(payload) <= 125 for _, payload in read(data, most_bytes=50))


UNMASKED = bytes((0x80 | TEXT, 1)) + b"4"
RESERVED = bytes((0xC0 | TEXT,)) + frame_of(TEXT, b"4")[1:]  # compressed, which nobody agreed on
BEGUN = frame_of(TEXT, b"4", is_last=False)


@pytest.mark.parametrize(
    ("sent", "close_code"),
    [
        (UNMASKED, PROTOCOL_ERROR),
        (RESERVED, PROTOCOL_ERROR),
        (frame_of(0x3, b""), PROTOCOL_ERROR),
        (frame_of(0xB, b""), PROTOCOL_ERROR),
        (frame_of(PIECE, b"4"), PROTOCOL_ERROR),
        (BEGUN + frame_of(TEXT, b"4"), PROTOCOL_ERROR),
        (frame_of(PING, b"", is_last=False), PROTOCOL_ERROR),
        (frame_of(CLOSE, b"x" * 126), PROTOCOL_ERROR),
        (frame_of(BINARY, b"4"), TEXT_ONLY),
        (frame_of(TEXT, b"x" * (MOST_BYTES + 1)), TOO_BIG),
    ],
)
def test_frame_that_breaks_the_rules_is_bad(sent: bytes, close_code: int) -> None:
    """Each has the close code that RFC 6455 asks for."""
    with pytest.raises(BadFrameError) as bad:
        read(sent)

    assert bad.value.close_code == close_code


def test_oversized_frame_is_bad_before_it_has_come() -> None:
    """Its length is enough: a frame may claim 2 to the 63 bytes."""
    for size in (MOST_BYTES + 1, 2**63 - 1):
        with pytest.raises(BadFrameError) as bad:
            read(bytes((0x80 | TEXT, 0x80 | 127)) + size.to_bytes(8, "big"))
        assert bad.value.close_code == TOO_BIG


def test_fragments_are_bounded_together() -> None:
    """A client may send any number of them, each of which is small enough."""
    half = b"x" * (MOST_BYTES // 2)
    two = frame_of(TEXT, half, is_last=False) + frame_of(PIECE, half, is_last=False)

    assert read(two) == [(PIECE, b"")] * 2
    with pytest.raises(BadFrameError) as bad:
        read(two + frame_of(PIECE, b"x"))
    assert bad.value.close_code == TOO_BIG


def test_fragments_without_end_cost_no_memory() -> None:
    """Empty fragments are legal, and nothing is kept of them."""
    frames = Frames(MOST_BYTES)
    frames.feed(BEGUN)
    frames.next()
    for _ in range(10_000):
        frames.feed(frame_of(PIECE, b"", is_last=False))
        assert frames.next() == (PIECE, b"")

    assert (bytes(frames._begun or b""), frames._unread) == (b"4", b"")


def test_message_is_not_given_out_before_its_last_byte() -> None:
    """Whatever is missing, it is waited for."""
    sent = frame_of(TEXT, b'42["echo"]')
    for cut_at in range(1, len(sent)):
        assert read(sent[:cut_at]) == []
        assert read(sent, cut_at) == [(TEXT, b'42["echo"]')]


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4))
def test_unmask_equals_the_rfc(data: bytes, mask: bytes) -> None:
    """One XOR of long integers is what RFC 6455 describes byte by byte."""
    plain = bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))

    assert unmask(data, mask) == plain


def test_frames_of_the_server_are_the_rfcs() -> None:
    """Unmasked, whole, and the close code in network order."""
    assert control_frame(PONG, b"?") == b"\x8a\x01?"
    assert close_frame(1009, "too big") == b"\x88\x09\x03\xf1too big"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", NORMAL),
        (b"\x03\xe8", 1000),
        (b"\x03\xe9going away", 1001),
        (b"\x0b\xb8", 3000),
        (b"\x13\x87", 4999),
        (b"\x03", PROTOCOL_ERROR),
        (b"\x03\xed", PROTOCOL_ERROR),  # 1005: no frame may have it
        (b"\x03\xee", PROTOCOL_ERROR),  # 1006: likewise
        (b"\x00\x00", PROTOCOL_ERROR),
        (b"\x13\x88", PROTOCOL_ERROR),  # 5000
        (b"\x03\xe8\xff", PROTOCOL_ERROR),  # the reason is no UTF-8
    ],
)
def test_close_is_answered_with_its_own_code_if_it_may_say_that(payload: bytes, code: int) -> None:
    """The answer names what was wrong with it otherwise."""
    assert answer_to_close(payload) == code
