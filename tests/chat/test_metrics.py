"""/metrics: the numbers, for those who may read them."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.chat.browser import Browser, code_of

COUNTS = """
from chat import metrics
metrics.sign_ins_total.labels("ok").inc()
print(metrics.exposition().decode())
"""


def test_metrics_count_requests_and_sign_ins(browser: Browser) -> None:
    """What happened is counted under its labels."""
    browser.signs_in("nobody")
    text = browser.get("/metrics").text
    assert 'rollcall_sign_ins_total{outcome="wrong_password"}' in text
    assert 'endpoint="accounts.sign_in",le="+Inf",status="401"' in text


@pytest.mark.parametrize(
    ("networks", "address", "status"),
    [
        ("127.0.0.1/32", "127.0.0.1", 200),
        ("127.0.0.1/32", "::ffff:127.0.0.1", 200),
        ("10.0.0.0/8", "10.1.2.3", 200),
        ("::1/128", "::1", 200),
        ("127.0.0.1/32,::1/128", "192.0.2.1", 403),
        ("10.0.0.0/8", "127.0.0.1", 403),
        ("10.0.0.0/8", "", 403),
    ],
)
def test_metrics_are_for_the_networks_of_the_setting(
    makes_app: Callable[..., Flask], networks: str, address: str, status: int
) -> None:
    """Others are refused in the one shape."""
    browser = Browser(makes_app(METRICS_FROM=networks))
    answer = browser.get("/metrics", environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == status
    if status != 200:
        assert code_of(answer) == "forbidden"


def test_metrics_behind_an_untold_proxy_are_refused(browser: Browser) -> None:
    """A forwarded request comes from the proxy's address, which says nothing about the asker."""
    answer = browser.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"})
    assert (answer.status_code, code_of(answer)) == (403, "forbidden")


def test_metrics_behind_a_trusted_proxy_see_the_asker(makes_app: Callable[..., Flask]) -> None:
    """With one trusted proxy the address it names decides."""
    browser = Browser(makes_app(TRUSTED_PROXIES="1"))
    inside = browser.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})
    outside = browser.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"})
    assert (inside.status_code, outside.status_code) == (200, 403)


def test_any_worker_answers_for_all_when_they_share_a_folder(tmp_path: Path) -> None:
    """Two processes count one each; the second one's page says two."""
    environ = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    pages = [
        subprocess.run(
            [sys.executable, "-c", COUNTS], env=environ, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert 'rollcall_sign_ins_total{outcome="ok"} 1.0' in pages[0]
    assert 'rollcall_sign_ins_total{outcome="ok"} 2.0' in pages[1]
