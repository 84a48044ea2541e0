"""docs/PROTOCOL.md is what strangers build on: it names exactly what the code speaks."""

import re
from pathlib import Path

import msgspec
import pytest

from chat import errors, wire
from tests.support.routes import routes

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "PROTOCOL.md").read_text()


def shapes(of: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    """Return the shapes of that kind, those that widen another among them."""
    return [one for shape in of.__subclasses__() for one in (shape, *shapes(shape))]


SHAPES = [*shapes(wire.Request), *shapes(wire.Answer)]


def section(title: str) -> str:
    """Return the text below a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/PROTOCOL.md has no section {title}"
    return found.group(1)


def rows(title: str) -> list[list[str]]:
    """Return the cells of the table below a heading, its two head lines left out."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def names(cell: str) -> list[str]:
    """Return what a cell names in code marks."""
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_each_shape_is_there_with_exactly_its_fields(shape: type[msgspec.Struct]) -> None:
    """Every field of every request and answer has its row, and no row is of a field gone."""
    fields = msgspec.structs.fields(shape)

    written = [names(row[0])[0] for row in rows(f"`{shape.__name__}`")]

    assert written == [one.encode_name + ("" if one.required else "?") for one in fields]


def test_no_shape_is_described_that_does_not_exist() -> None:
    """A section of a shape that was removed is removed."""
    assert set(re.findall(r"^#### `(\w+)`", PAGE, re.MULTILINE)) == {
        shape.__name__ for shape in SHAPES
    }


def test_events_of_clients_have_the_shapes_of_the_code() -> None:
    """The table of what clients send is CLIENT_EVENTS."""
    written = {
        names(event)[0]: (names(request)[0], names(ack)[0])
        for event, request, ack in rows("Clients send")
    }

    assert written == {
        event: (request.__name__, ack.__name__)
        for event, (request, ack) in wire.CLIENT_EVENTS.items()
    }


def test_events_of_the_server_have_the_shapes_of_the_code() -> None:
    """The table of what the server sends is SERVER_EVENTS."""
    written = {names(event)[0]: names(shape)[0] for event, shape, _ in rows("The server sends")}

    assert written == {event: shape.__name__ for event, shape in wire.SERVER_EVENTS.items()}


def test_every_error_is_there_with_its_status() -> None:
    """The table of errors is chat/errors.py."""
    written = {
        names(code)[0]: (int(status), temporary == "yes")
        for code, status, temporary, _ in rows("Errors")
    }

    assert written == {error.code: (error.status, error.temporary) for error in errors.all_errors()}


def test_every_route_of_the_api_is_there(tmp_path: Path) -> None:
    """The table of calls has every route under /api/ and the three for the operator."""
    watched = {"/healthz", "/readyz", "/metrics"}
    served = {
        str(route) for route in routes(str(tmp_path)) if route.is_api or route.rule in watched
    }

    assert {names(call)[0] for call, _, _ in rows("HTTP")} == served


def test_codes_with_which_connect_is_refused_are_those_of_the_code() -> None:
    """Each refusal of CONNECT is named on the page."""
    assert set(names(section("Socket.IO"))) >= wire.REFUSALS
