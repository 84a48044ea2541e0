"""docker-compose.yml: what an operator relies on stands there, and no secret has a default."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from chat.config import Config

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
Compose = dict[str, Any]  # YAML


@pytest.fixture
def compose() -> Compose:
    """The file, parsed."""
    parsed: Compose = yaml.safe_load(TEXT)
    return parsed


def test_every_service_that_stays_up_has_a_health_check(compose: Compose) -> None:
    """The workers' stands in the image; the one-off migration has none."""
    services = compose["services"]
    assert set(services) == {"migrate", "worker", "nginx", "redis", "postgres"}
    for name in ("nginx", "redis", "postgres"):
        assert services[name]["healthcheck"]["test"]
    assert "HEALTHCHECK" in (ROOT / "deploy" / "Dockerfile").read_text()


def test_worker_can_be_scaled_and_waits_for_its_dependencies(compose: Compose) -> None:
    """No name and no port of the host is fixed; the schema is there before the first worker."""
    worker = compose["services"]["worker"]
    assert not {"container_name", "ports"} & set(worker)
    assert {name: one["condition"] for name, one in worker["depends_on"].items()} == {
        "migrate": "service_completed_successfully",
        "redis": "service_healthy",
        "postgres": "service_healthy",
    }


def test_settings_of_the_workers_are_settings() -> None:
    """A misspelt variable would be ignored silently by a container nobody reads the log of."""
    names = set(re.findall(r"^\s+(ROLLCALL_\w+):", TEXT, re.MULTILINE))
    known = set(Config.from_environ({}).to_environ())
    assert names
    assert names <= known


def test_secrets_are_required() -> None:
    """Without them compose stops and says where to set them."""
    for secret in ("ROLLCALL_SECRET_KEY", "POSTGRES_PASSWORD"):
        uses = re.findall(rf"\${{{secret}(:.)?", TEXT)
        assert uses
        assert set(uses) == {":?"}


def test_state_lies_on_volumes(compose: Compose) -> None:
    """`docker compose down` keeps messages and sessions."""
    for name in ("redis", "postgres"):
        (mount,) = compose["services"][name]["volumes"]
        assert mount.split(":")[0] in compose["volumes"]


def test_image_has_no_compiler_step_and_no_root() -> None:
    """The final stage copies the finished environment and runs as a user of its own."""
    final = (ROOT / "deploy" / "Dockerfile").read_text().rsplit("FROM ", 1)[1]
    assert "USER rollcall" in final
    assert "pip install" not in final
    assert "apt" not in final
