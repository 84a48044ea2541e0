"""eventlet stands behind one module, and a worker is green before anything else is loaded."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("chat", "presence", "serving", "migrations", "run.py", "hatch_build.py")

GREEN_SOCKETS = """
import serving.worker, redis.connection, eventlet.greenio, eventlet.patcher
assert redis.connection.socket.socket is eventlet.greenio.GreenSocket
assert eventlet.patcher.is_monkey_patched("thread")
from chat import green
assert green is serving.worker.green
"""


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_eventlet_is_imported_by_one_module_only() -> None:
    """Leaving eventlet is the work of one file: no other names it in an import."""
    files = [
        path
        for source in SOURCES
        for path in ([ROOT / source] if source.endswith(".py") else (ROOT / source).rglob("*.py"))
    ]
    named = {str(path.relative_to(ROOT)) for path in files if "eventlet" in _imports(path)}
    assert named == {"chat/green.py"}


def test_worker_loads_redis_after_the_standard_library_is_green() -> None:
    """No library of a worker keeps a blocking socket or lock, and patching says nothing."""
    done = subprocess.run(
        [sys.executable, "-c", GREEN_SOCKETS], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.returncode == 0


def test_forked_process_has_a_hub_of_its_own() -> None:
    """Patching makes a hub, whose epoll a fork would share."""
    code = (
        "import serving.worker as worker, eventlet.hubs as hubs\n"
        "first = hubs.get_hub()\n"
        "worker.green.begin_anew()\n"
        "assert hubs.get_hub() is not first\n"
        "assert first.poll.closed and not hubs.get_hub().poll.closed"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=30)


def test_supervisor_loads_neither_eventlet_nor_the_chat() -> None:
    """The supervisor is plain Python and small: its signals and accept loop need no hub."""
    code = (
        "import sys, serving.command\n"
        "heavy = {'eventlet', 'flask', 'socketio', 'chat.app', 'limits', 'prometheus_client'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=30)


def test_worker_loads_nothing_that_only_others_need() -> None:
    """Every start and every worker that is replaced waits for what is imported: no migrations,
    no language's lexer before there is code to colour."""
    code = (
        "import sys, serving.worker, chat.app\n"
        "spare = {'alembic', 'mako', 'pygments.lexers.python'}\n"
        "assert not spare & set(sys.modules), spare & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=30)
