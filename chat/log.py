"""Logging: one constant message a line, facts as fields, on standard error.

INFO a state changed, WARNING we degraded, ERROR someone must look, DEBUG each beat and request.
Never in a field: message bodies, tokens, passwords, addresses.
"""

import logging
import sys
from typing import Any

import structlog

_SHARED: list[Any] = [  # structlog's processors have no common narrower type
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
# Without the frames' local variables, which hold message bodies and tokens.
_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
# Not heard below WARNING: markdown_it has a line for each step, seconds of work for one message.
_CHATTERS = ("werkzeug", "engineio", "socketio", "flask_wtf.csrf", "alembic", "markdown_it")


def configure(level: str, form: str) -> None:
    """Send every record of this process, ours and the libraries', through one formatter.

    level is debug, info, warning or error; form is "console" for people or "json" for collectors.
    """
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    out = logging.StreamHandler(sys.stderr)
    out.setFormatter(_formatter(form))
    logging.basicConfig(handlers=[out], level=level.upper(), force=True)
    for name in _CHATTERS:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))


def _formatter(form: str) -> logging.Formatter:
    tail: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]  # as above
    if form == "json":
        tail += [_TRACEBACKS, structlog.processors.JSONRenderer()]
    else:
        plain = structlog.dev.plain_traceback
        tail.append(
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
        )
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_SHARED, processors=tail)
