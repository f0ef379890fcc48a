"""With the configuration of compose's first start: nobody talks to the broker unencrypted, and no service to
a broker that is not the one `setup` made a certificate for."""

import asyncio
import gc
import os
import shutil
import signal
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import nats as nats_py
import pytest
from backbone.service import broker_of
from backbone.settings import Settings
from chalkline import certificates, listening, ports, processes, wheels
from chalkline.state import State, write_json
from cryptography import x509
from kit.broker import Broker
from kit.compose import at_home
from pydantic import ValidationError
from structlog.testing import capture_logs

pytestmark = pytest.mark.system
HOSTS = ("nats", "localhost", "127.0.0.1")


@pytest.fixture
async def tls(first_start: ModuleType, home: State) -> AsyncIterator[int]:
    """The port of a broker as compose has it."""
    first_start.secrets(home)
    async with started(home.nats) as port:
        yield port


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[int]:
    port = ports.any_free()
    command = [wheels.nats_server(), "-c", at_home(folder), "-a", "127.0.0.1", "-p", str(port),
               "-m", str(ports.any_free([port])), "-sd", folder / "data", "-P", folder / "pid"]  # fmt: skip
    log = folder / "nats.log"
    process = await processes.spawn(command, log=log, cwd=folder)
    try:
        async with asyncio.timeout(20):
            while "Server is ready" not in log.read_text():
                assert process.returncode is None, processes.tail(log)
                await asyncio.sleep(0.02)
        yield port
    finally:
        await processes.stop(process, signal.SIGTERM, 10)


def goals(home: State, url: str, authority: Path | None = None) -> Settings:
    own = home.secrets / "goals"
    return Settings(
        secrets_dir=own, database_url="postgresql://goals@nowhere/goals", issuer="i", jwks="/nowhere",
        nats_url=url, nats_ca=authority or own / "nats_ca.pem",
    )  # fmt: skip


def swept() -> None:
    """nats-py closes no transport whose handshake failed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


async def refused(settings: Settings) -> str:
    """What a service says of a broker that it does not get on with."""
    with capture_logs() as logs:
        async with broker_of("goals", settings) as broker:
            connecting = asyncio.create_task(broker.connect())
            async with asyncio.timeout(20):
                while not logs:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            assert not connecting.done()
            connecting.cancel()
    swept()
    return str(logs[0]["error"])


async def test_a_service_with_the_authoritys_certificate_is_let_in(tls: int, home: State) -> None:
    async with broker_of("goals", goals(home, f"tls://localhost:{tls}")) as broker:
        client = await broker.connect()
        await client.flush()
        assert client.is_connected


async def test_the_operator_listens_over_tls(tls: int, home: State) -> None:
    write_json(home.ports, {"nats": tls})
    listening_ = asyncio.Event()
    heard = asyncio.create_task(anext(aiter(listening.events(home, "ev.>", listening_))))
    async with asyncio.timeout(10):
        await listening_.wait()
        async with broker_of("goals", goals(home, f"tls://localhost:{tls}")) as broker:
            await (await broker.connect()).publish("ev.goals.0.t.Goal.GoalSet", b"{}")
            assert (await heard).data == b"{}"


async def plainly(port: int, home: State) -> None:
    """As somebody with a stolen seed who does not encrypt."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b'CONNECT {"verbose":false,"pedantic":false,"lang":"x","version":"1"}\r\nPING\r\n')
    try:
        async with asyncio.timeout(5):
            assert b"PONG" not in await reader.read()
    finally:
        writer.close()


async def to_another_authority(port: int, home: State) -> None:
    certificates.authority(home.home / "other.pem", home.home / "other_key.pem")
    said = await refused(goals(home, f"tls://localhost:{port}", home.home / "other.pem"))
    assert "CERTIFICATE_VERIFY_FAILED" in said


async def as_nats_py_does_by_default(port: int, home: State) -> None:
    async def quiet(_: Exception) -> None:
        return

    with pytest.raises((TimeoutError, OSError, nats_py.errors.Error)):
        await nats_py.connect(
            f"nats://127.0.0.1:{port}", nkeys_seed=str(home.secrets / "goals" / "nats_seed"),
            allow_reconnect=False, connect_timeout=2, error_cb=quiet,
        )  # fmt: skip
    swept()


@pytest.mark.parametrize("attempt", [plainly, to_another_authority, as_nats_py_does_by_default])
async def test_nobody_else_is(tls: int, home: State, attempt: Callable[[int, State], Any]) -> None:
    await attempt(tls, home)


async def test_a_service_refuses_a_broker_that_another_authority_vouches_for(
    first_start: ModuleType, home: State
) -> None:
    first_start.secrets(home)
    certificates.server(home.nats, HOSTS, (home.home / "ca.pem", home.home / "ca_key.pem"))
    async with started(home.nats) as port:
        assert "CERTIFICATE_VERIFY_FAILED" in await refused(goals(home, f"tls://localhost:{port}"))


async def test_a_service_refuses_a_broker_whose_certificate_is_made_out_to_another_host(
    first_start: ModuleType, home: State
) -> None:
    first_start.secrets(home)
    certificates.server(home.nats, ("elsewhere",), authority_of(home))
    async with started(home.nats) as port:
        assert "Hostname mismatch" in await refused(goals(home, f"tls://localhost:{port}"))


async def test_a_service_is_not_talked_out_of_tls(home: State, first_start: ModuleType) -> None:
    first_start.secrets(home)
    plain = Broker(home.home)
    await plain.start()
    try:
        said = await refused(goals(home, f"tls://localhost:{plain.port}"))
        assert "RECORD_LAYER_FAILURE" in said or "WRONG_VERSION_NUMBER" in said
        assert "goals" not in (home.home / "nats.log").read_text()
    finally:
        await plain.close()


def test_an_authority_for_a_broker_that_does_not_encrypt_is_a_mistake(
    home: State, first_start: ModuleType
) -> None:
    first_start.secrets(home)
    with pytest.raises(ValidationError, match="must begin with tls://"):
        goals(home, "nats://localhost:4222")


def authority_of(home: State) -> tuple[Path, Path]:
    return home.secrets / "authority" / "ca.pem", home.secrets / "authority" / "ca_key.pem"


def made(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "server.pem").read_bytes())


@pytest.mark.parametrize(("ends_in", "stays"), [(timedelta(days=366), True), (timedelta(days=364), False)])
def test_a_certificate_that_ends_within_a_year_is_made_anew_at_the_next_start(
    tmp_path: Path, ends_in: timedelta, stays: bool
) -> None:
    vouched, now = (tmp_path / "ca.pem", tmp_path / "ca_key.pem"), datetime.now(UTC)
    certificates.server(tmp_path, HOSTS, vouched, now=now - certificates.SERVER_FOR + ends_in)
    before, ca = made(tmp_path), vouched[0].read_bytes()
    until = certificates.server(tmp_path, HOSTS, vouched, now=now)
    assert (made(tmp_path) == before) is stays
    assert until - now > certificates.RENEWED
    assert vouched[0].read_bytes() == ca


@pytest.mark.parametrize("spoilt", ["ca_key.pem", "server_key.pem", "server.pem"])
def test_what_is_lost_is_made_anew_and_fits_together(tmp_path: Path, spoilt: str) -> None:
    vouched = tmp_path / "ca.pem", tmp_path / "ca_key.pem"
    certificates.server(tmp_path, HOSTS, vouched)
    (tmp_path / spoilt).unlink()
    certificates.server(tmp_path, HOSTS, vouched)
    made(tmp_path).verify_directly_issued_by(certificates.authority(*vouched))


def test_a_key_that_is_not_the_certificates_is_noticed(tmp_path: Path) -> None:
    vouched = tmp_path / "ca.pem", tmp_path / "ca_key.pem"
    certificates.server(tmp_path, HOSTS, vouched)
    before = made(tmp_path)
    shutil.copyfile(vouched[1], tmp_path / "server_key.pem")  # as after a crash between key and certificate
    certificates.server(tmp_path, HOSTS, vouched)
    assert made(tmp_path) != before


async def test_a_renewed_certificate_is_taken_up_without_a_restart(
    tls: int, home: State, first_start: ModuleType
) -> None:
    before = await shown(tls)
    (home.nats / "server.pem").unlink()
    first_start.secrets(home)
    at_home(home.nats)
    os.kill(int((home.nats / "pid").read_text()), signal.SIGHUP)
    async with asyncio.timeout(10):
        while await shown(tls) == before:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def shown(port: int) -> str:
    return await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", port))
