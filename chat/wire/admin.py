"""What administrators see of presence, on the wire."""

from chat.wire.shapes import Answer


class AdminLag(Answer, frozen=True):
    """How late one kind of transition was told by a worker, of the newest 500 of that kind."""

    kind: str
    bound_ms: int
    count: int
    p50_ms: int
    p99_ms: int
    max_ms: int
    violations: int
    violated_at_ms: int


class AdminProbe(Answer, frozen=True):
    """What a worker's views of probes were found to be since it started."""

    is_on: bool
    last: str
    at_ms: int
    wrong_at_ms: int
    right: int
    wrong: int
    void: int


class AdminWorker(Answer, frozen=True):
    """One worker as it describes itself each second; at_ms is when, by the clock of Redis."""

    id: str
    host: str
    pid: int
    version: str
    up_s: int
    at_ms: int
    epoch: str
    rev: int
    untold: int
    known: bool
    hears_events: bool
    held: bool
    draining: bool
    connections: int
    sockets: int
    leases: int
    here: int
    ended: dict[str, int]
    troubles: dict[str, int]
    stall_ms: int
    renewals: int
    renew_ms: int
    lags: list[AdminLag]
    probe: AdminProbe


class AdminTransition(Answer, frozen=True):
    """One transition as the answering worker told it; before is null where it cannot know."""

    rev: int
    user_id: str
    username: str | None
    display_name: str | None
    before: str | None
    after: str
    cause: str
    kind: str | None
    at_ms: int
    lag_ms: int
    by: str


class AdminPresence(Answer, frozen=True):
    """How presence runs, for administrators. shared: Redis answered, so every worker is here."""

    at_ms: int
    answered_by: str
    shared: bool
    verdict: str
    workers: list[AdminWorker]
    transitions: list[AdminTransition]
