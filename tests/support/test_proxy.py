"""The proxy hurts connections in the ways that the fault tests say it does."""

import contextlib
import socket
from collections.abc import Iterator

import pytest

from tests.support.proxy import Proxy


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A listening socket behind the proxy."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        yield server


def test_swallowed_bytes_arrive_when_the_proxy_lets_them_pass(listener: socket.socket) -> None:
    """While it swallows, both ends stay connected and hear nothing; later nothing is lost."""
    proxy = Proxy(listener.getsockname()[1])
    near, far = pair_through(proxy, listener)

    proxy.swallows()
    near.sendall(b"hello")
    far.settimeout(0.2)
    with pytest.raises(TimeoutError):
        far.recv(5)
    proxy.passes()
    far.settimeout(5)

    assert far.recv(5) == b"hello"
    near.close()
    far.close()
    proxy.stop()


def test_cut_resets_both_ends(listener: socket.socket) -> None:
    """A cut is a reset on both sides, not a polite end."""
    proxy = Proxy(listener.getsockname()[1])
    near, far = pair_through(proxy, listener)

    proxy.cuts()

    for end in (near, far):
        with pytest.raises(ConnectionResetError):
            end.recv(1)
        end.close()
    proxy.stop()


def test_nobody_stays_connected_after_the_stop(listener: socket.socket) -> None:
    """Who connects while it stops (a browser that tries again and again) is let go as well."""
    proxy = Proxy(listener.getsockname()[1])
    name, port = proxy.host.split(":")
    proxy.cuts()
    late = [socket.create_connection((name, int(port)), timeout=5) for _ in range(20)]

    proxy.stop()

    for end in late:
        with end, pytest.raises(ConnectionResetError):
            end.recv(1)
    listener.settimeout(0)
    with contextlib.suppress(BlockingIOError):
        while True:
            far, _ = listener.accept()
            far.settimeout(5)
            with far, pytest.raises(ConnectionResetError):
                far.recv(1)


def pair_through(proxy: Proxy, listener: socket.socket) -> tuple[socket.socket, socket.socket]:
    """Return both ends of a connection through the proxy, once bytes have gone through it."""
    name, port = proxy.host.split(":")
    near = socket.create_connection((name, int(port)), timeout=5)
    far, _ = listener.accept()
    far.settimeout(5)
    near.sendall(b"x")
    assert far.recv(1) == b"x"
    return near, far


def test_link_known_by_its_first_words_dies_alone(listener: socket.socket) -> None:
    """Only the connection that said the words passes nothing any more; it stays open."""
    proxy = Proxy(listener.getsockname()[1])
    dead, dead_far = pair_through(proxy, listener)
    living, living_far = pair_through(proxy, listener)
    dead.sendall(b"SUBSCRIBE")
    assert dead_far.recv(9) == b"SUBSCRIBE"

    assert proxy.swallows_links_that_said(b"SUBSCRIBE") == 1

    dead_far.sendall(b"lost")
    living_far.sendall(b"heard")
    assert living.recv(5) == b"heard"
    dead.settimeout(0.2)
    with pytest.raises(TimeoutError):
        dead.recv(1)
    for end in (dead, dead_far, living, living_far):
        end.close()
    proxy.stop()
