"""The servers a measurement stands on: PostgreSQL 18 and nats-server from wheels, in a folder of their own.

They are configured as a local platform's are: durable, with the least permissions.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import uvloop
from backbone.migrate import migrate
from chalkline import nats, postgres, provisioning

T = TypeVar("T")

CACHE = Path.home() / ".cache" / "chalkline-tests"


@dataclass(frozen=True)
class Servers:
    folder: Path
    secrets: Path
    postgres: postgres.Postgres
    nats: nats.Nats

    def seed(self, service: str) -> str:
        return self.nats.seed(service).read_text()

    async def database(self, name: str, service: str) -> provisioning.Database:
        """A fresh database, migrated for a service."""
        made = await provisioning.provision(self.postgres.url(), service, self.secrets, name=name)
        owner = await asyncpg.connect(made.full_owner_url)
        try:
            await migrate(owner, app_role=name, package=service)
        finally:
            await owner.close()
        return made


@asynccontextmanager
async def servers() -> AsyncIterator[Servers]:
    with tempfile.TemporaryDirectory(prefix="chalkline-bench-") as name:
        folder = Path(name)
        secrets = folder / "secrets"
        async with (
            postgres.start(folder, secrets=secrets / "postgres", template=CACHE / "initdb-18") as database,
            nats.start(folder / "nats", secrets=secrets) as broker,
        ):
            yield Servers(folder, secrets, database, broker)


def chain_key(database: provisioning.Database) -> bytes:
    return bytes.fromhex((database.secrets / "chain_key").read_text())


async def on_uvloop(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs something on the loop services run on; servers are started from the main thread's, which idles."""

    def run() -> T:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work())

    return await asyncio.to_thread(run)
