"""What presence raises.

PresenceError
 +-- TimingsError         two timings contradict each other; raised at start, names both
 +-- PresenceUnavailable  the store cannot be asked now, or is being rebuilt; say *unknown*
 |    +-- ShardsDiffer    live workers use another number of shards; it waits until they ended
 +-- Refused              a connection is not let in; its code travels to the client
"""


class PresenceError(Exception):
    """The root: everything presence raises on purpose is one of these."""


class TimingsError(PresenceError, ValueError):
    """Two timings contradict each other; the message names both with their values."""


class PresenceUnavailable(PresenceError):  # noqa: N818 - a state of the world, not a mistake
    """The store cannot be asked now. Others are *unknown* meanwhile, never offline.

    timed_out: Redis took the command and did not answer; it may have been carried out."""

    def __init__(self, message: str, *, timed_out: bool = False) -> None:
        super().__init__(message)
        self.timed_out = timed_out


class ShardsDiffer(PresenceUnavailable):
    """Live workers spread users over another number of shards; the message names both."""


class Refused(PresenceError):  # noqa: N818 - an answer, not a mistake
    """A connection is not let in. code and facts are sent to the client as they are."""

    def __init__(self, code: str, message: str = "", **facts: object) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message
        self.facts = facts
