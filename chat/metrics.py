"""Every metric of the chat, and /metrics. Units stand in the names; docs/METRICS.md lists them.

With PROMETHEUS_MULTIPROC_DIR set (the supervisor does it) any worker answers for all of them.
Labels hold few values: endpoints, codes, names of dependencies; never users, rooms or addresses.
"""

import ipaddress
from collections.abc import Sequence

from flask import Blueprint, Response, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from chat.errors import Forbidden

http_request_seconds = Histogram(
    "rollcall_http_request_seconds",
    "Time to answer a request, by endpoint and status.",
    ["endpoint", "status"],
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
sign_ins_total = Counter(
    "rollcall_sign_ins_total", "Attempts to sign in, by outcome: ok or an error code.", ["outcome"]
)
sessions_restored_total = Counter(
    "rollcall_sessions_restored_total", "Sessions written back to Redis after it had lost them."
)
degraded_total = Counter(
    "rollcall_degraded_total",
    "Times that something went on without a dependency, or was refused for its absence.",
    ["dependency", "policy"],
)


def blueprint(networks: Sequence[str], *, behind_proxies: bool) -> Blueprint:
    """Return /metrics, readable from the given networks alone.

    behind_proxies says that the client's address was taken from a proxy's headers. When it was not,
    a forwarded request is refused: its address would be the proxy's own.
    """
    allowed = [ipaddress.ip_network(network) for network in networks]
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    def metrics() -> Response:
        is_hidden = "X-Forwarded-For" in request.headers and not behind_proxies
        if is_hidden or not _is_within(request.remote_addr, allowed):
            raise Forbidden("Metrics are not for this address: see ROLLCALL_METRICS_FROM.")
        return Response(exposition(), content_type=CONTENT_TYPE_LATEST)

    return routes


def exposition() -> bytes:
    """Return the metrics as Prometheus text, of all workers when they share a folder."""
    registry = CollectorRegistry()
    try:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it carries no types
    except ValueError:  # no shared folder: this process is the only one
        registry = REGISTRY
    return generate_latest(registry)


def _is_within(
    address: str | None, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]
) -> bool:
    try:
        asked_from = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    mapped = getattr(asked_from, "ipv4_mapped", None)
    return any((mapped or asked_from) in network for network in networks)
