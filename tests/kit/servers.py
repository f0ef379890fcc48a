"""PostgreSQL and NATS for a session of tests: in containers where an engine answers, from wheels otherwise.

An engine counts when it is on this machine and has the images (by testcontainers, so DOCKER_HOST and
TESTCONTAINERS_* count). CHALKLINE_TEST_SERVERS=wheels never asks for one; =containers also pulls images.
`described()` says which it is. Servers that a test kills are that test's own and always from wheels.
"""

import asyncio
import gc
import os
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from chalkline import credentials
from chalkline.declared import declared
from chalkline.nats import Nats
from chalkline.nats import start as nats_from_wheel
from chalkline.postgres import Postgres
from chalkline.postgres import start as postgres_from_wheel

ASKED = os.environ.get("CHALKLINE_TEST_SERVERS", "auto")
POSTGRES, NATS = "postgres:18", "nats:2.12-alpine"  # as in docker-compose.yml
HERE = ("localhost", "127.0.0.1")


def described() -> str:
    """For the first lines of a run."""
    if ASKED not in ("auto", "wheels", "containers"):
        raise pytest.UsageError(f"CHALKLINE_TEST_SERVERS is auto, wheels or containers, not {ASKED}")
    if ASKED == "wheels":
        return "servers: PostgreSQL and NATS from wheels, as asked"
    version, why_not = engine()
    if version is None:
        return f"servers: PostgreSQL and NATS from wheels: {why_not}"
    return (
        f"servers: {POSTGRES} and {NATS} in containers, by engine {version}; those a test kills from wheels"
    )


@cache
def engine() -> tuple[str | None, str]:
    """(version of the engine that answers on this machine or None, why there is none)."""
    from testcontainers.core.docker_client import DockerClient

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # of the socket on which nobody answered
        try:
            client = DockerClient()
            version, host = str(client.client.version()["Version"]), client.host()
            here = {tag for image in client.client.images.list() for tag in image.tags}
        except Exception as error:
            version, host, here = "", type(error).__name__, set()
        gc.collect()
    if not version:
        return None, f"no engine answers ({host})"
    if host not in HERE:
        return None, f"the engine is on another machine, {host}"
    if ASKED == "auto" and (missing := {POSTGRES, NATS} - here):
        return None, f"the engine has no image {', '.join(sorted(missing))}"
    return version, ""


def _contained() -> bool:
    return ASKED != "wheels" and engine()[0] is not None


@asynccontextmanager
async def postgres_server(folder: Path, *, template: Path) -> AsyncIterator[Postgres]:
    """PostgreSQL 18 with the declared configuration."""
    if not _contained():
        async with postgres_from_wheel(folder, template=template) as server:
            yield server
        return
    password = credentials.password()
    container = _container(POSTGRES, 5432).with_envs(
        POSTGRES_PASSWORD=password,
        POSTGRES_INITDB_ARGS="--auth=scram-sha-256 --encoding=UTF8 --locale-provider=builtin "
        "--builtin-locale=C.UTF-8 --locale=C",
    )
    container.with_volume_mapping(declared("postgres", "postgresql.conf"), "/etc/postgresql/postgresql.conf")
    container.with_command(
        ["postgres", "-c", "config_file=/etc/postgresql/postgresql.conf", "-c", "listen_addresses=*"]
    )
    async with _running(container):
        port = container.get_exposed_port(5432)
        server = Postgres(folder, port, password, bin=Path("/nowhere"), account=None)
        await _until(server.ready, container)
        yield server


@asynccontextmanager
async def nats_server(folder: Path) -> AsyncIterator[Nats]:
    """nats-server with JetStream, and the identities and permissions of the topology."""
    if not _contained():
        async with nats_from_wheel(folder) as server:
            yield server
        return
    Nats(folder, folder / "secrets", 0, 0).prepare()
    container = _container(NATS, 4222, 8222)
    for name in ("nats-server.conf", "accounts.conf"):
        container.with_volume_mapping(folder / name, f"/etc/chalkline/{name}")
    container.with_command(
        [
            "nats-server",
            "-c",
            "/etc/chalkline/nats-server.conf",
            "-p",
            "4222",
            "-m",
            "8222",
            "-sd",
            "/streams",
        ]
    )
    async with _running(container):
        port, monitor = container.get_exposed_port(4222), container.get_exposed_port(8222)
        server = Nats(folder, folder / "secrets", port, monitor)
        await _until(server.ready, container)
        yield server


def _container(image: str, *ports: int) -> Any:
    from testcontainers.core.container import DockerContainer

    return DockerContainer(image).with_exposed_ports(*ports)


@asynccontextmanager
async def _running(container: Any) -> AsyncIterator[None]:
    await asyncio.to_thread(container.start)
    try:
        yield
    finally:
        await asyncio.to_thread(container.stop)


async def _until(ready: Callable[[], Awaitable[bool]], container: Any) -> None:
    for _ in range(600):
        if await ready():
            return
        await asyncio.sleep(0.1)
    out, err = container.get_logs()
    raise RuntimeError(f"{container.image} did not become ready:\n{out.decode()}{err.decode()}")
