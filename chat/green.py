"""Everything that knows eventlet: patching, the thread pool, the HTTP server, signals.

Rule of this file: it is the only module that imports eventlet (tests/serving/test_green.py). After
`patch`, threading, time, queue and socket of the standard library are green, and nobody else needs
to know. Leaving eventlet means to write this file anew. Source: ADR 0001.
"""

import json
import logging
import os
import signal
import socket
import sys
import warnings
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, ParamSpec, Protocol, TypeVar

os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")  # the system's resolver, by tpool
warnings.filterwarnings("ignore", message="\nEventlet is deprecated")

import eventlet  # noqa: E402 - the two lines above must come first
import eventlet.debug  # noqa: E402
import eventlet.hubs  # noqa: E402
import eventlet.patcher  # noqa: E402
import eventlet.tpool  # noqa: E402
import eventlet.wsgi  # noqa: E402
from eventlet.greenio import GreenSocket, shutdown_safe  # noqa: E402

ASYNC_MODE: Final = "eventlet"
FIRST_REQUEST_S: Final = 10.0  # from accept to the end of the first headers: a slow attacker's life
NEXT_REQUEST_S: Final = 75.0  # a kept connection's idle time and next headers; nginx keeps for 60
BODY_S: Final = 60.0  # a request with a body, from its headers to its answer
STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

log = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")

Address = tuple[str, int, int]  # host, port, and a number that makes it unique

# As eventlet calls it: environ's values and the result are whatever PEP 3333 allows.
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Any]


def patch() -> None:
    """Make the standard library green; call it before Flask, redis or SQLAlchemy are imported."""
    eventlet.monkey_patch()


def begin_anew() -> None:
    """Wait on an epoll of this process's own; call it first in a forked one.

    `patch` makes a hub, and a fork shares its epoll: each process would wake for all of them.
    """
    eventlet.hubs.get_hub().poll.close()
    eventlet.hubs.use_hub()


def is_patched() -> bool:
    """Say whether `patch` was called: in a plain process (tests, commands) nothing is green."""
    return bool(eventlet.patcher.is_monkey_patched("thread"))


def call_in_pool(fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run fn on a real thread while other greenlets go on; return or raise what it does.

    For CPU-heavy work that lets go of the interpreter lock (argon2, images). fn must not touch
    green sockets or locks.
    """
    result: R = eventlet.tpool.execute(fn, *args, **kwargs)
    return result


def run_beside(fn: Callable[[], None]) -> None:
    """Run fn on a real thread of its own, which goes on while the loop stands still.

    fn must touch nothing that is green."""
    plain_threading = eventlet.patcher.original("threading")
    plain_threading.Thread(target=fn, daemon=True).start()


def nap(seconds: float) -> None:
    """Stop this real thread for that long; on the loop's own thread nothing else would run."""
    eventlet.patcher.original("time").sleep(seconds)


def this_thread() -> int:
    """Return the identifier of the real thread that runs, by which sys._current_frames knows it."""
    ident: int = eventlet.patcher.original("threading").get_ident()
    return ident


def limit_pool(threads: int) -> None:
    """Bound the threads behind call_in_pool; call it before the first use."""
    eventlet.tpool.set_num_threads(threads)


class Witness(Protocol):
    """Is told what became of each connection; every connection ends with one `gone`."""

    def plain(self, address: Address) -> None:
        """The connection sent a request that is no WebSocket's."""

    def websocket(self, address: Address) -> None:
        """The connection asked to become a WebSocket."""

    def gone(self, address: Address) -> None:
        """The connection is closed."""


class HttpServer:
    """Serves HTTP and WebSocket connections that somebody else accepted, a greenlet each.

    Not eventlet.wsgi.server: its pool makes connection 1025 hang, its table is keyed by address,
    and it swallows the tracebacks of the application with the access log.
    """

    def __init__(self, app: WsgiApp, witness: Witness) -> None:
        """Serve nothing yet."""
        self._server = _Server(app, witness)
        self._states: dict[int, list[Any]] = {}  # [address, socket, state], eventlet's own triple

    def serve(self, descriptor: int, address: Address) -> None:
        """Begin to serve a connected socket, which now belongs to the server; returns at once."""
        eventlet.hubs.notify_opened(descriptor)  # ends waits for a former owner of the number
        green = GreenSocket(plain_socket(descriptor))
        eventlet.spawn_n(self._serve_to_the_end, [address, green, eventlet.wsgi.STATE_IDLE])

    def stop(self, deadline_s: float) -> None:
        """Shut idle connections and wait for requests that run, at most deadline_s."""
        for state in list(self._states.values()):
            was, state[2] = state[2], eventlet.wsgi.STATE_CLOSE
            if was == eventlet.wsgi.STATE_IDLE:
                shutdown_safe(state[1])
        with eventlet.Timeout(deadline_s, False):  # noqa: FBT003 - eventlet's way to say "silently"
            while self._states:
                eventlet.sleep(0.01)

    def _serve_to_the_end(self, state: list[Any]) -> None:
        address, connection, _ = state
        self._states[id(state)] = state
        try:
            self._server.process_request(state)
        except OSError as broken:
            log.debug("connection broke: %s", broken)
        except Exception:
            log.exception("connection failed")
        finally:
            del self._states[id(state)]
            shutdown_safe(connection)
            connection.close()
            self._server.witness.gone(address)


class _Server(eventlet.wsgi.Server):  # type: ignore[misc] # eventlet ships no types
    def __init__(self, app: WsgiApp, witness: Witness) -> None:
        super().__init__(None, None, app, protocol=_HttpProtocol, log_output=False, debug=False)
        self.witness = witness
        self.log = _Log()


class _Log:
    """Takes what eventlet tells, and leaves out clients' addresses and what they broke off."""

    def info(self, _traceback: str) -> None:
        """Log an exception of the application; called while it is handled."""
        broken = sys.exc_info()[1]
        if not isinstance(broken, OSError):
            log.error("the application failed", exc_info=broken)

    def error(self, _text: str) -> None:
        """Ignore a request body that was no HTTP."""

    def debug(self, _text: str) -> None:
        """Ignore connections that come and go."""


class _HttpProtocol(eventlet.wsgi.HttpProtocol):  # type: ignore[misc] # eventlet ships no types
    """One connection: bounds the time for headers and bodies, tells what the connection is."""

    def setup(self) -> None:
        super().setup()
        self._patience_s = FIRST_REQUEST_S
        self._timer: Any = None  # a hub timer of eventlet
        self._is_late = False

    def _read_request_line(self) -> bytes:
        self._allow(self._patience_s)
        self._patience_s = NEXT_REQUEST_S
        line: bytes = super()._read_request_line()
        return line

    def finish(self) -> None:
        """Close the connection; its last request goes with it, which would refer back to it."""
        super().finish()
        self.environ = None

    def get_environ(self) -> dict[str, Any]:
        self._disarm()
        if self._is_late:
            raise TimeoutError("the headers did not come in time")
        environ: dict[str, Any] = super().get_environ()
        if environ.get("HTTP_UPGRADE", "").lower() == "websocket":
            self.server.witness.websocket(self.client_address)
        else:
            self.server.witness.plain(self.client_address)
            self._bound_body(environ)
        return environ

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no HTTP in the one error shape; called before there is a request."""
        said = {"code": "invalid", "message": explain or message or "", "temporary": False}
        body = json.dumps({"error": said}).encode()
        head = (
            f"HTTP/1.1 {code} {HTTPStatus(code).phrase}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.close_connection = True
        self.wfile.write(head.encode() + body)

    def log_message(self, *_: object) -> None:
        """Stay silent: the standard library would print the client's address."""

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        finally:
            self._disarm()

    def _bound_body(self, environ: dict[str, Any]) -> None:
        if environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ:
            self._allow(BODY_S)

    def _allow(self, seconds: float) -> None:
        self._timer = eventlet.hubs.get_hub().schedule_call_global(seconds, self._be_late)

    def _be_late(self) -> None:
        self._timer, self._is_late = None, True
        shutdown_safe(self.connection)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class StopSignal:
    """Wakes a greenlet on SIGTERM or SIGINT, and on no other signal.

    Python runs signal handlers between bytecodes and the hub sleeps in epoll: a plain handler would
    wait for the next event. set_wakeup_fd writes to a socket that the hub watches.
    """

    def __init__(self) -> None:
        """Install the handlers; needs the main thread."""
        self._read, self._write = socket.socketpair()
        self._write.settimeout(0)
        signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            signal.signal(number, lambda *_: None)

    def wait(self) -> None:
        """Return once a signal came or `set` was called; other greenlets run meanwhile."""
        while self._read.recv(1)[0] not in (0, *STOP_SIGNALS):
            pass  # every signal that has a handler is written here

    def set(self) -> None:
        """Wake the waiting greenlet as a signal would."""
        self._write.send(b"\0")


def wait_readable(descriptor: int) -> None:
    """Return once the descriptor can be read; other greenlets run meanwhile."""
    eventlet.hubs.trampoline(descriptor, read=True)


def pause() -> None:
    """Let every other greenlet that is ready run once."""
    eventlet.sleep(0)


def plain_socket(descriptor: int) -> socket.socket:
    """Return a socket that is not cooperative, also after `patch`; it owns the descriptor."""
    plain: socket.socket = eventlet.patcher.original("socket").socket(fileno=descriptor)
    return plain
