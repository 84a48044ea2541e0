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

KEEP: Final = "rollcall.keep"
"""In the environ of a WebSocket's request: a function that returns its connection, a Kept one."""

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


class Kept:
    """A connection that outlives the request it began with: nobody waits for it, it calls back.

    A greenlet that waits for a client keeps its stack, and the request's with it: 25 KiB, and two
    system calls more whenever something comes."""

    def __init__(self, connection: GreenSocket, gone: Callable[[], None]) -> None:
        """gone is called once, when the connection is closed."""
        self.socket = connection
        self._gone = gone
        self._listener: Any = None  # eventlet ships no types

    def watch(self, arrived: Callable[[int], None]) -> None:
        """The loop calls arrived(descriptor) as long as something is unread, also the end of it.

        It must not wait."""
        hub = eventlet.hubs.get_hub()
        descriptor = self.socket.fileno()
        self._listener = hub.add(hub.READ, descriptor, arrived, _ignore, None)
        self._listener.greenlet = hub.greenlet  # not the one that came with the request

    def unwatch(self) -> None:
        """Nobody is called any more."""
        if self._listener is not None:
            eventlet.hubs.get_hub().remove(self._listener)
            self._listener = None

    def soon(self, fn: Callable[[], None]) -> None:
        """Run fn, which may wait, in a greenlet of its own."""
        eventlet.spawn_n(fn)

    def close(self) -> None:
        """The connection is gone."""
        self.unwatch()
        shutdown_safe(self.socket)
        self.socket.close()
        gone, self._gone = self._gone, _ignore
        gone()


def _ignore(*_: object) -> None:
    """What a listener is called with, whose descriptor somebody else has now."""


class HttpServer:
    """Serves HTTP connections that somebody else accepted, a greenlet each; WebSockets are kept.

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
        for kept in list(self._server.kept.values()):
            shutdown_safe(kept.socket)
        with eventlet.Timeout(deadline_s, False):  # noqa: FBT003 - eventlet's way to say "silently"
            while self._states or self._server.kept:
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
            if address not in self._server.kept:
                shutdown_safe(connection)
                connection.close()
                self._server.witness.gone(address)


class _Server(eventlet.wsgi.Server):  # type: ignore[misc] # eventlet ships no types
    def __init__(self, app: WsgiApp, witness: Witness) -> None:
        super().__init__(None, None, app, protocol=_HttpProtocol, log_output=False, debug=False)
        self.witness = witness
        self.log = _Log()
        self.kept: dict[Address, Kept] = {}

    def keep(self, address: Address, connection: GreenSocket) -> Kept:
        """The connection is not closed with its request."""
        kept = self.kept[address] = Kept(connection, lambda: self._forget(address))
        return kept

    def _forget(self, address: Address) -> None:
        del self.kept[address]
        self.witness.gone(address)


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
        self._is_kept = False

    def _read_request_line(self) -> bytes:
        self._allow(self._patience_s)
        self._patience_s = NEXT_REQUEST_S
        line: bytes = super()._read_request_line()
        return line

    def finish(self) -> None:
        """Close the connection, unless it is kept; its last request goes, which refers back."""
        if self._is_kept:
            self.rfile.close()
            self.wfile.close()
        else:
            super().finish()
        self.environ = None

    def get_environ(self) -> dict[str, Any]:
        self._disarm()
        if self._is_late:
            raise TimeoutError("the headers did not come in time")
        environ: dict[str, Any] = super().get_environ()
        if environ.get("HTTP_UPGRADE", "").lower() == "websocket":
            self.server.witness.websocket(self.client_address)
            environ[KEEP] = self._keep
        else:
            self.server.witness.plain(self.client_address)
            self._bound_body(environ)
        return environ

    def _keep(self) -> Kept:
        self._is_kept = True
        kept: Kept = self.server.keep(self.client_address, self.connection)
        return kept

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
