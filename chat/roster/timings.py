"""The settings, as presence wants its timings. The supervisor asks too, before anything starts."""

from chat.config import Config
from presence.timings import Timings


def timings_of(config: Config) -> Timings:
    """The timings of presence as they are set. Raises TimingsError."""
    return Timings(
        ping_ms=config.ping_ms,
        ping_timeout_ms=config.ping_timeout_ms,
        renew_ms=config.renew_ms,
        lease_ms=config.lease_ms,
        worker_lease_ms=config.worker_lease_ms,
        grace_ms=config.grace_ms,
        sweep_ms=config.sweep_ms,
        hidden_away_ms=config.hidden_away_ms,
    )
