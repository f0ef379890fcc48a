"""What a platform is made of, as processes to keep running: PostgreSQL, NATS, each service."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from chalkline.account import Account
from chalkline.nats import Nats
from chalkline.postgres import Postgres
from chalkline.services import UNDECIDED, Service


@dataclass(slots=True, kw_only=True)
class Part:
    """One process to keep running."""

    name: str
    command: Sequence[str]
    cwd: Path
    env: dict[str, str] | None = None
    account: Account | None = None
    ready: Callable[[], Awaitable[bool]]
    stop_signal: signal.Signals = signal.SIGTERM
    on_parent_death: signal.Signals = signal.SIGKILL
    grace: float = 15.0

    process: asyncio.subprocess.Process | None = None
    state: str = "starting"
    restarts: int = 0
    since: str = ""
    problem: str = ""
    was_ready: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    gave_up: asyncio.Event = field(default_factory=asyncio.Event)

    def report(self) -> dict[str, Any]:
        return {
            "pid": self.process.pid if self.process and self.process.returncode is None else None,
            "state": self.state,
            "since": self.since,
            "restarts": self.restarts,
            "problem": self.problem or None,
        }


def postgres_part(server: Postgres) -> Part:
    return Part(
        name="postgres",
        command=server.command(),
        cwd=server.folder,
        account=server.account,
        ready=server.ready,
        # Fast, in both cases: sessions end, what is committed is kept, no recovery at the next start.
        stop_signal=signal.SIGINT,
        on_parent_death=signal.SIGINT,
        grace=30,
    )


def nats_part(server: Nats) -> Part:
    return Part(
        name="nats",
        command=server.command(),
        cwd=server.folder,
        ready=server.ready,
        on_parent_death=signal.SIGTERM,
    )


def mail_part(folder: Path, port: int) -> Part:
    """Catches what notifications mails."""

    async def ready() -> bool:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(3):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                try:
                    greeting = (await reader.readline()).decode(errors="replace").split()
                finally:
                    writer.close()
            # Somebody else's server may answer at this port: ours greets with the process we started.
            return part.process is not None and greeting[-1:] == [str(part.process.pid)]
        return False

    part = Part(
        name="mail",
        command=[sys.executable, "-m", "chalkline.catching", str(folder), str(port)],
        cwd=folder,
        ready=ready,
    )
    return part


def service_part(service: Service, name: str) -> Part:
    """One process of a service, called `name`."""

    async def ready() -> bool:
        async with httpx.AsyncClient(timeout=3, trust_env=False) as http:
            with suppress(httpx.HTTPError, ValueError, LookupError):
                answer = await http.get(f"{service.url}/readyz")
                # Somebody else's service may answer at this address: ours is the process we started.
                ours = part.process is not None and answer.json().get("pid") == part.process.pid
                # Who waits for an operator has come as far as it can; stopped, it could not be recovered.
                decided = answer.json()["checks"].get("relay") not in UNDECIDED
                return ours and (answer.status_code == httpx.codes.OK or not decided)
        return False

    part = Part(
        name=name,
        command=service.command("serve", "--roles", "door,relay,projector"),
        cwd=service.state.home,
        # Who is started again after a death takes its own partitions over at once.
        env={**service.environment(), "CHALKLINE_REPLICA": name},
        ready=ready,
        # Killed with its supervisor: a crash at any step is a case every service is built for.
        on_parent_death=signal.SIGKILL,
    )
    return part
