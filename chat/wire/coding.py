"""Requests out of payloads, bodies and addresses; answers as JSON."""

import json
from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec import Raw

from chat.errors import Invalid, NotFound
from chat.wire.shapes import ID_MAX, Answer, Id, Request

R = TypeVar("R", bound=Request)


def request_from(payload: object, shape: type[R]) -> R:
    """The payload of an event (decoded JSON) as a request of that shape.

    Raises Invalid, with the field where it can be named."""
    try:
        return msgspec.convert(payload, shape)
    except UnicodeEncodeError:  # half a surrogate pair in the name of a field
        raise Invalid from None
    except (ValueError, RecursionError) as refusal:
        raise _invalid(str(refusal)) from None


def request_from_query(arguments: Mapping[str, str], shape: type[R]) -> R:
    """The arguments of a URL as a request of that shape; numbers are read from their digits.

    Raises Invalid, with the field where it can be named."""
    try:
        return msgspec.convert(dict(arguments.items()), shape, strict=False)
    except msgspec.ValidationError as refusal:
        raise _invalid(str(refusal)) from None


def request_from_json(raw: bytes, shape: type[R]) -> R:
    """The body of an HTTP request as a request of that shape.

    Raises Invalid when it is no JSON, or not of that shape."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError as refusal:
        raise _invalid(str(refusal)) from None
    except (ValueError, RecursionError) as refusal:
        return _request_from_odd_json(raw, shape, str(refusal))


def id_from_path(part: str) -> str:
    """The part of an address as an id. Raises NotFound: what cannot be an id names nothing."""
    try:
        return msgspec.convert(part, Id)
    except msgspec.ValidationError:
        raise NotFound from None


def to_json(answer: Answer) -> bytes:
    """The answer as UTF-8 JSON without white space."""
    return msgspec.json.encode(answer)


def to_raw(answer: Answer) -> Raw:
    """The answer as JSON that goes into a packet as it is."""
    return Raw(to_json(answer))


def _request_from_odd_json(raw: bytes, shape: type[R], refusal: str) -> R:
    """What msgspec refuses whole may still be JSON to others: half a surrogate pair, NaN.

    Decoding it the slow way lets the error name the field. Raises Invalid."""
    try:
        payload = json.loads(raw)
    except (ValueError, RecursionError):
        raise _invalid(refusal) from None
    return request_from(payload, shape)


def _invalid(refusal: str) -> Invalid:
    """msgspec says "Expected `str`, got `int` - at `$.room_id`": the path becomes the field."""
    sentence, _, path = refusal.replace("key` in `", "").partition(" - at `")
    field = path.rstrip("`").removeprefix("$").strip(".") or _quoted_name(sentence)
    if "matching regex" in sentence:
        sentence = f"The field {field} has characters or a length that it may not have"
    return Invalid(_printable(f"{sentence[:200]}."), field=field and _printable(field))


def _printable(text: str) -> str:
    """The text without halves of surrogate pairs, which no encoder takes."""
    return text.encode(errors="replace").decode()


def _quoted_name(sentence: str) -> str | None:
    if "unknown field" not in sentence and "required field" not in sentence:
        return None
    return sentence.split("`")[1][:ID_MAX]
