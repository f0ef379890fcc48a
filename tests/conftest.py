"""Real servers for every test that needs one: PostgreSQL 18 and nats-server (`kit.servers` says from where).

`postgres_server` and `broker` are started once a session; `database` is a fresh, migrated one a test, `server` a
broker of a test's own, `platform` the services a module is marked with.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import asyncpg
import pytest
import pytest_asyncio
from backbone.database import LIVE, POLICIES, connected
from backbone.migrate import migrate
from backbone.reads import Reads, reader_of
from chalkline import nats, postgres, provisioning
from hypothesis import settings
from kit import production_logs, servers
from kit.broker import Broker, own_broker

if TYPE_CHECKING:
    from kit.running import Platform

# A busy machine is slow, not wrong: no property fails for the time it took.
settings.register_profile("chalkline", deadline=None)
settings.load_profile("chalkline")
production_logs.plain()

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

CACHE = Path.home() / ".cache" / "chalkline-tests"
_numbers = itertools.count(1)


def pytest_report_header() -> str:
    return servers.described()


def pytest_sessionstart(session: pytest.Session) -> None:
    """A quiet run has no header, and says it all the same."""
    if session.config.get_verbosity() < 0:
        session.config.pluginmanager.getplugin("terminalreporter").write_line(servers.described())


@dataclass(frozen=True)
class TestDatabase:
    """A service's database as the owner left it, and as the application sees it."""

    __test__ = False

    name: str
    app: Pool
    """As the application's role, with the live search_path."""
    policies: Pool
    """The same role, with the search_path of policies."""
    owner: Pool
    superuser_url: str
    provisioned: provisioning.Database
    reads: Reads
    """As a service reads for somebody."""
    reading: asyncpg.Pool


@pytest_asyncio.fixture(scope="session")
async def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[postgres.Postgres]:
    folder = tmp_path_factory.mktemp("postgres")
    async with servers.postgres_server(folder, template=CACHE / "initdb-18") as server:
        yield server


@pytest_asyncio.fixture(scope="session")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[nats.Nats]:
    async with servers.nats_server(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("secrets")


@pytest_asyncio.fixture
async def database(
    request: pytest.FixtureRequest, postgres_server: postgres.Postgres, secrets: Path
) -> AsyncIterator[TestDatabase]:
    """A fresh database migrated for the backbone, or for the service named by `@pytest.mark.service`."""
    marker = request.node.get_closest_marker("service")
    package = marker.args[0] if marker else "backbone"
    async with fresh_database(postgres_server, secrets, package) as fresh:
        yield fresh


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Broker]:
    """A broker that the test may stop, starve and kill."""
    async with own_broker(tmp_path) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def platform(
    request: pytest.FixtureRequest,
    postgres_server: postgres.Postgres,
    broker: nats.Nats,
    secrets: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator["Platform"]:
    """The services that `@pytest.mark.services` names, at work."""
    from kit.running import serving  # which stands on this module

    names: tuple[str, ...] = request.node.get_closest_marker("services").args
    folder = tmp_path_factory.mktemp("platform")
    async with serving(
        *names, server=postgres_server, broker=broker, secrets=secrets, folder=folder
    ) as started:
        yield started


class fresh_database:  # noqa: N801 - used like a function: `async with fresh_database(...)`
    """A provisioned and migrated database of its own, dropped at the end."""

    def __init__(self, server: postgres.Postgres, secrets: Path, package: str = "backbone") -> None:
        self._server, self._secrets, self._package = server, secrets, package
        self._name = f"t{next(_numbers)}_{package}"

    async def __aenter__(self) -> TestDatabase:
        made = await provisioning.provision(self._server.url(), self._name, self._secrets)
        owner = await asyncpg.connect(made.full_owner_url)
        try:
            await migrate(owner, app_role=self._name, package=self._package)
        finally:
            await owner.close()
        self._pools = [
            connected(made.full_url, search_path=LIVE, name="app", size=16),
            connected(made.full_url, search_path=POLICIES, name="policies", size=4),
            connected(made.full_owner_url, search_path=LIVE, name="owner", size=2),
            connected(made.full_url, search_path=LIVE, name="reads", size=4, reader=reader_of(self._name)),
        ]
        app, policies, own, reading = [await pool.__aenter__() for pool in self._pools]
        return TestDatabase(
            self._name, app, policies, own, self._server.url(self._name), made, Reads(reading), reading
        )

    async def __aexit__(self, *_: object) -> None:
        for pool in reversed(self._pools):
            async with asyncio.timeout(10):
                await pool.__aexit__(None, None, None)
        admin = await asyncpg.connect(self._server.url())
        try:
            await admin.execute(f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')
        finally:
            await admin.close()
