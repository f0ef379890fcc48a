"""nats-server with JetStream on this machine, with the identities and permissions of the topology.

async with nats.start(folder) as broker:
    await nats_py.connect(broker.url, nkeys_seed=str(broker.seed("goals")), inbox_prefix=b"_INBOX_goals")
"""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from chalkline import credentials, ports, processes, topology, wheels
from chalkline.declared import declared
from chalkline.problem import Problem


@dataclass(frozen=True, slots=True)
class Nats:
    """One server's configuration, storage and addresses, running or not."""

    folder: Path
    secrets: Path
    port: int
    monitor_port: int

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def monitor_url(self) -> str:
        return f"http://127.0.0.1:{self.monitor_port}"

    def seed(self, identity: str) -> Path:
        """The file with the nkey seed of a service, of `operator` or of `sys`."""
        return self.secrets / identity / "nats_seed"

    def prepare(self) -> None:
        """Writes what the server reads: the declaration, and beside it who may do what."""
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(declared("nats", "nats-server.conf"), self.folder / "nats-server.conf")
        identities = credentials.nats_identities(self.secrets)
        (self.folder / "accounts.conf").write_text(topology.accounts(identities))

    def command(self) -> list[str]:
        return [
            str(wheels.nats_server()),
            "-c", str(self.folder / "nats-server.conf"),
            "-a", "127.0.0.1",
            "-p", str(self.port),
            "-m", str(self.monitor_port),
            "-sd", str(self.folder / "data"),
        ]  # fmt: skip

    async def ready(self) -> bool:
        """Accepts connections, and JetStream has recovered its streams."""
        async with httpx.AsyncClient(timeout=2, trust_env=False) as http:
            try:
                return (await http.get(f"{self.monitor_url}/healthz")).status_code == httpx.codes.OK
            except httpx.HTTPError:
                return False


@asynccontextmanager
async def start(
    folder: Path, *, port: int | None = None, monitor_port: int | None = None, secrets: Path | None = None
) -> AsyncIterator[Nats]:
    """A server for the length of a block, on free ports unless told; its storage stays in `folder`.

    Call it from the main thread: the server is told to die with the thread that started it.
    """
    port = port or ports.any_free()
    monitor_port = monitor_port or ports.any_free([port])
    server = Nats(folder, secrets or folder / "secrets", port, monitor_port)
    server.prepare()
    log = folder / "nats.log"
    process = await processes.spawn(server.command(), log=log, cwd=folder, on_parent_death=signal.SIGTERM)
    try:
        await _until_ready(server, process, log)
        yield server
    finally:
        await processes.stop(process, signal.SIGTERM, 10)


async def _until_ready(server: Nats, process: asyncio.subprocess.Process, log: Path) -> None:
    for _ in range(400):
        if process.returncode is not None:
            break
        if await server.ready():
            return
        await asyncio.sleep(0.05)
    raise Problem(f"nats-server did not become ready:\n{processes.tail(log)}", f"read {log}")
