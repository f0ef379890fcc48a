"""A nats-server with JetStream of a test's own, to be killed and started again."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
from chalkline import ports, processes, wheels
from nats.aio.client import Client


class Broker:
    """One server on one port with one folder; what it acknowledged survives `kill`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = ports.any_free()
        self.url = f"nats://127.0.0.1:{self.port}"
        self._process: asyncio.subprocess.Process | None = None
        self._clients: list[Client] = []

    async def start(self) -> None:
        configuration = self.folder / "nats.conf"
        configuration.write_text('jetstream { sync_interval: always }\nserver_name: "test"\n')
        command = [wheels.nats_server(), "-c", configuration, "-a", "127.0.0.1", "-p", str(self.port),
                   "-sd", self.folder / "data"]  # fmt: skip
        self._process = await processes.spawn(command, log=self.folder / "nats.log", cwd=self.folder)
        for _ in range(200):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
        raise RuntimeError(processes.tail(self.folder / "nats.log"))

    async def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            await self._process.wait()
            self._process = None

    async def connect(self) -> Client:
        async def quiet(_: Exception) -> None:
            return

        client = await nats.connect(
            self.url,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.1,
            error_cb=quiet,
            inbox_prefix=b"_INBOX_probe",
        )
        self._clients.append(client)
        return client

    async def close(self) -> None:
        for client in self._clients:
            await client.close()
        await self.kill(signal.SIGTERM)


@asynccontextmanager
async def own_broker(folder: Path) -> AsyncIterator[Broker]:
    server = Broker(folder)
    await server.start()
    try:
        yield server
    finally:
        await server.close()
