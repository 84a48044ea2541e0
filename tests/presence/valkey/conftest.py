"""The presence tests that stand here run on Valkey, whatever server the others run on."""

from collections.abc import Iterator

import pytest

from tests.support.redis_process import CHOSEN, RedisProcess, valkey_binary


@pytest.fixture(scope="package", autouse=True)
def chosen_server() -> Iterator[None]:
    """Every server started from here on is a Valkey."""
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv(CHOSEN, str(valkey_binary()))
        yield


@pytest.fixture(scope="package")
def redis_server(
    chosen_server: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RedisProcess]:
    """A Valkey of these tests alone."""
    server = RedisProcess(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.stop()
