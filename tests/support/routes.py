"""Every HTTP route that the app has, so that no test's list of routes can fall behind."""

import functools
import json
import re
import subprocess
import sys
from dataclasses import dataclass

from tests.support.server import ROOT

# A child, because building the app makes the standard library green: not in the tests' process.
LIST_ROUTES = """
from chat import green
green.patch()
import json, sys
from chat import create_app
from chat.config import Config
config = Config.from_environ({"ROLLCALL_REDIS_URL": "redis://127.0.0.1:1/0",
                              "ROLLCALL_SECRET_KEY": "x" * 32, "ROLLCALL_DATA": sys.argv[1]})
rules = create_app(config).url_map.iter_rules()
print(json.dumps([[rule.rule, sorted(rule.methods or ())] for rule in rules]))
"""
ARGUMENT = re.compile(r"<(?:[^:>]+:)?([^>]+)>")


@dataclass(frozen=True)
class Route:
    """One rule with one method, e.g. POST /api/v1/rooms/<room_id>/join."""

    method: str
    rule: str

    @property
    def arguments(self) -> list[str]:
        """The names in the rule that a caller fills in."""
        return ARGUMENT.findall(self.rule)

    @property
    def is_api(self) -> bool:
        """Whether it answers with JSON only."""
        return self.rule.startswith("/api/")

    @property
    def is_unsafe(self) -> bool:
        """Whether it may change something."""
        return self.method not in {"GET", "HEAD", "OPTIONS"}

    def path(self, argument: str) -> str:
        """Return the path with every name filled in by the same, already quoted, argument."""
        return ARGUMENT.sub(lambda _: argument, self.rule)

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"


@functools.cache
def routes(folder: str) -> tuple[Route, ...]:
    """Return every route of the app, HEAD and OPTIONS left out; folder is for its empty data."""
    listed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LIST_ROUTES, folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert listed.returncode == 0, listed.stderr
    rules = json.loads(listed.stdout.splitlines()[-1])
    return tuple(
        Route(method, rule)
        for rule, methods in rules
        for method in methods
        if method not in {"HEAD", "OPTIONS"}
    )
