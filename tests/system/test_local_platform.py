"""The platform on one machine: it starts, heals, tells where everything is, and leaves nothing behind.

Services are stood in for by a few lines each, so that what fails here is the machinery around them;
PostgreSQL and nats-server are real.
"""

import asyncio
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import nats as nats_py
import psutil
import pytest
from chalkline import provisioning
from chalkline import status as state_of
from chalkline.state import SERVERS, SERVICES, State
from joserfc import jwt
from joserfc.jwk import KeySet
from kit.platforms import eventually, on_ports_of_its_own

pytestmark = pytest.mark.system

COACH = "0199a000-0000-7000-8000-000000000001"
DISTRICT = "0199a000-0000-7000-8000-00000000000a"

STAND_IN = """
import http.server, json, os, pathlib, signal, sys

name, command = pathlib.Path(__file__).parent.name, sys.argv[1]
clock = pathlib.Path(os.environ["CHALKLINE_SECRETS_DIR"], "..", "..", "clock").resolve()
secrets = {path.name for path in pathlib.Path(os.environ["CHALKLINE_SECRETS_DIR"]).iterdir()}
assert secrets == {"database_password", "owner_password", "nats_seed", "chain_key"}, secrets
if command == "migrate" and name == os.environ.get("CANNOT_MIGRATE"):
    sys.exit("the table is in the way")
if command == "serve" and name == os.environ.get("CANNOT_SERVE"):
    sys.exit("there is no such table")
if command != "serve":
    if "--json" in sys.argv:
        print(json.dumps({"level": "warning", "event": "a line of a log"}))
    print(json.dumps({"service": name, "asked": sys.argv[1:]}, indent=2 if "--json" in sys.argv else None))
    sys.exit(0)

READY = {"status": "ready", "service": name, "pid": os.getpid(), "position": 7, "relay": {"lag": 0, "state": "leading"},
         "projector": {"lag": {"directory": 2}}, "parked": 1, "checks": {"database": "ok"}}
undecided = name == os.environ.get("UNDECIDED")
if undecided:
    READY |= {"status": "not_ready", "checks": {"relay": "stream_ahead"}}

class Door(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def answer(self, body):
        self.send_response(503 if undecided and body is READY else 200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())
    def do_GET(self):
        now = clock.read_text() if clock.exists() else "2026-03-02T08:00:00+00:00"
        self.answer(READY if self.path == "/readyz" else {"now": now, "due": 0, "queued": 0, "position": 7})
    def do_POST(self):
        assert self.headers["Idempotency-Key"] and self.headers["Authorization"].startswith("Bearer ")
        clock.write_text(json.loads(self.rfile.read(int(self.headers["content-length"])))["to"])
        self.answer({})

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
address = (os.environ["CHALKLINE_HTTP_HOST"], int(os.environ["CHALKLINE_HTTP_PORT"]))
http.server.ThreadingHTTPServer(address, Door).serve_forever()
"""


@dataclass(frozen=True)
class Platform:
    """The command, typed in a folder of its own."""

    folder: Path
    environment: dict[str, str]

    @property
    def state(self) -> State:
        return State.at(self.folder / ".chalkline")

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "chalkline", *words],
            cwd=self.folder,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def does(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def status(self) -> dict[str, Any]:
        """What `status --json` prints, without the time it takes to start a process."""
        with ThreadPoolExecutor(1) as aside:  # a loop of its own, beside the one of an async test
            return aside.submit(asyncio.run, state_of.status(self.state)).result()

    def part(self, name: str) -> dict[str, Any]:
        told = self.status()
        part: dict[str, Any] = told[name] if name in SERVERS else told["services"][name]
        return part

    def processes(self) -> list[psutil.Process]:
        """Everything alive that was started for this state folder, however it is called now."""
        real = str(self.state.postgres.resolve())
        return [
            process
            for process in psutil.process_iter()
            if str(self.state.home) in (words := " ".join(_words(process)) + _secrets_of(process))
            or real in words
        ]


def _words(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def _secrets_of(process: psutil.Process) -> str:
    try:
        return str(process.environ().get("CHALKLINE_SECRETS_DIR", ""))
    except psutil.Error:
        return ""


def make(folder: Path) -> Platform:
    """A platform in a folder, on ports that nobody else uses, with services that are stood in for."""
    for service in SERVICES:
        package = folder / "stand-ins" / service
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(STAND_IN)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CHALKLINE")}
    platform = Platform(folder, {**environment, "PYTHONPATH": str(folder / "stand-ins")})
    on_ports_of_its_own(platform.state.home)
    platform.state.personas.write_text(
        json.dumps({"Ana": {"id": COACH, "tenant": DISTRICT, "role": "coach"}})
    )
    return platform


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    made = make(tmp_path)
    yield made
    made.run("reset", "--yes")
    assert made.processes() == []


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform that runs; tests leave it as they found it."""
    made = make(tmp_path_factory.mktemp("running"))
    made.does("up")
    yield made
    made.does("reset", "--yes")
    assert made.processes() == []


def test_up_returns_when_all_is_ready_and_says_what_a_person_needs(running: Platform) -> None:
    told = running.does("up")  # a second time: it says the same and starts nothing
    for name in SERVICES:
        assert running.part(name)["url"] in told
    assert "token --as Ana" in told
    suggested = [line.strip() for line in told.split("Next, try:")[1].strip().splitlines()]
    assert [line.startswith("#") for line in suggested] == [True, False] * 3


def test_status_leads_any_tool_to_everything(running: Platform) -> None:
    told = json.loads(running.does("status", "--json"))
    assert told["state"] == "ready"
    assert Path(told["issuer"]["jwks"]).exists()
    for part in (told["postgres"], told["nats"], *told["services"].values()):
        assert psutil.pid_exists(part["pid"])
        assert part["health"] == "ready"
        assert part["url"].split(":")[0] in ("postgresql", "nats", "http")
        assert Path(part["log"]).exists()
        assert Path(part["secrets"]).is_dir()
    goals = told["services"]["goals"]
    assert (goals["position"], goals["relay"]["lag"], goals["projector"]["lag"], goals["parked"]) == (
        (7, 0, {"directory": 2}, 1)
    )
    assert (
        goals["database_url"]
        == f"postgresql://goals@127.0.0.1:{told['postgres']['url'].split(':')[-1]}/goals"
    )


def test_secrets_are_files_that_only_their_owner_reads(running: Platform) -> None:
    secrets = [path for path in running.state.secrets.rglob("*") if path.is_file()]
    assert len(secrets) == 4 * len(SERVICES) + len(("operator", "sys", "postgres", "issuer"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}
    assert stat.S_IMODE(running.state.secrets.stat().st_mode) == 0o700
    told = json.dumps(running.status()) + running.state.platform.read_text()
    assert not [path for path in secrets if path.read_text() in told]


async def test_a_service_enters_its_own_database_and_no_other(running: Platform) -> None:
    address = running.status()["postgres"]["url"]
    for service in SERVICES:
        for role in (service, f"{service}_owner"):
            name = "owner_password" if role.endswith("_owner") else "database_password"
            password = (running.state.secrets / service / name).read_text()
            for database in (*SERVICES, "postgres", "template1"):
                if database == service:
                    connection = await asyncpg.connect(
                        address, user=role, password=password, database=database
                    )
                    await connection.close()
                    continue
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await asyncpg.connect(address, user=role, password=password, database=database)


async def test_the_applications_role_creates_nothing_and_waits_for_nothing_long(running: Platform) -> None:
    address = running.status()["postgres"]["url"]
    password = (running.state.secrets / "goals" / "database_password").read_text()
    connection = await asyncpg.connect(address, user="goals", password=password, database="goals")
    try:
        for statement in (
            "CREATE TABLE mine ()", "CREATE SCHEMA mine", "CREATE TEMPORARY TABLE mine ()",
            "CREATE DATABASE mine", "CREATE ROLE mine", "SET ROLE goals_owner", "SET ROLE postgres",
            "SELECT pg_read_file('/etc/passwd')", "COPY (SELECT 1) TO PROGRAM 'true'",
        ):  # fmt: skip
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        limits = {
            name: await connection.fetchval(f"SHOW {name}")
            for name in ("idle_in_transaction_session_timeout", "transaction_timeout")
        }
        assert limits == {"idle_in_transaction_session_timeout": "5s", "transaction_timeout": "30s"}
        role = await connection.fetchrow(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
            " FROM pg_roles WHERE rolname = 'goals'"
        )
        assert role is not None
        assert not any(role.values())
    finally:
        await connection.close()


async def test_the_server_is_durable_and_answers_nobody_without_a_password(running: Platform) -> None:
    address = running.status()["postgres"]["url"]
    password = (running.state.secrets / "postgres" / "superuser_password").read_text()
    connection = await asyncpg.connect(address, user="postgres", password=password, database="postgres")
    try:
        names = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums", "max_wal_size",
                 "checkpoint_timeout", "listen_addresses", "server_version_num")  # fmt: skip
        settings = [await connection.fetchval(f"SHOW {name}") for name in names]
        assert settings[:7] == ["on", "on", "on", "on", "4GB", "15min", "127.0.0.1"]
        assert settings[7].startswith("18")
        assert await connection.fetchval(
            "SELECT bool_and(auth_method = 'scram-sha-256') FROM pg_hba_file_rules"
        )
    finally:
        await connection.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(address, user="postgres", password="", database="postgres")


async def test_a_changed_password_is_all_a_rotation_needs(running: Platform) -> None:
    told = running.status()["postgres"]
    superuser = (running.state.secrets / "postgres" / "superuser_password").read_text()
    url = told["url"].replace("//", f"//postgres:{superuser}@") + "/postgres"
    secret = running.state.secrets / "goals" / "database_password"
    before = secret.read_text()
    secret.write_text("another")
    try:
        database = await provisioning.provision(url, "goals", running.state.secrets)
        await (await asyncpg.connect(database.full_url)).close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(told["url"], user="goals", password=before, database="goals")
    finally:
        secret.write_text(before)
        await provisioning.provision(url, "goals", running.state.secrets)


def test_a_token_is_one_the_services_can_verify(running: Platform) -> None:
    keys = KeySet.import_key_set(json.loads(running.state.jwks.read_text()))
    assert "d" not in keys.keys[0].as_dict(private=False)
    assert '"d"' not in running.state.jwks.read_text()
    token = jwt.decode(
        running.does("token", "--as", "ana", "--ttl", "5m").strip(), keys, algorithms=["ES256"]
    )
    assert token.header["kid"] == keys.keys[0].kid
    issuer = running.status()["issuer"]
    moment = token.claims.pop("iat")
    assert abs(moment - time.time()) < 10
    assert token.claims == {
        "iss": issuer["issuer"], "aud": issuer["audience"], "sub": COACH, "kind": "person",
        "tenant": DISTRICT, "nbf": moment, "exp": moment + 300,
    }  # fmt: skip
    operator = jwt.decode(running.does("token", "--as", "operator").strip(), keys, algorithms=["ES256"])
    assert (operator.claims["kind"], operator.claims.get("tenant")) == ("operator", None)


def test_a_token_is_valid_for_a_second_at_least_and_a_day_at_most(running: Platform) -> None:
    for ttl in ("1s", "24h"):
        assert running.does("token", "--as", "ana", "--ttl", ttl).count(".") == 2
    for ttl in ("0s", "24h1s"):
        refused = running.run("token", "--as", "ana", "--ttl", ttl)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "between 1s and 24h" in refused.stderr


def test_a_token_for_somebody_unknown_says_who_is_known(running: Platform) -> None:
    refused = running.run("token", "--as", "nobody")
    assert refused.returncode == 1
    assert "known are: Ana, operator" in refused.stderr
    assert running.run("token", "--as", COACH.replace("1", "2")).stderr.count("--tenant") == 1


@pytest.mark.parametrize("name", [*SERVERS, "goals"])
def test_what_dies_is_started_again_and_said(running: Platform, name: str) -> None:
    before = running.part(name)
    os.kill(before["pid"], signal.SIGKILL)
    eventually(lambda: running.part(name)["restarts"] == before["restarts"] + 1)
    eventually(lambda: running.part(name)["health"] == "ready")
    assert running.part(name)["pid"] != before["pid"]
    assert f"{name} ended with SIGKILL; starting it again" in running.state.log("supervisor").read_text()
    eventually(lambda: running.status()["state"] == "ready")


async def test_listen_shows_an_event_as_it_arrives(running: Platform) -> None:
    event = {
        "id": COACH, "time": "2026-03-02T15:00:00Z", "subject": DISTRICT,
        "data": {"target": "80.0", "by": COACH, "metric": {"unit": "percent"}},
    }  # fmt: skip
    url = running.status()["nats"]["url"]
    seed = str(running.state.secrets / "goals" / "nats_seed")
    for words, expected in (
        (
            ["goals"],
            "2026-03-02 15:00:00  goals         GoalSet                  0199a000  target=80.0 by=0199a000",
        ),
        (["--json"], json.dumps(event, separators=(",", ":"))),
    ):
        listener = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "chalkline", "listen", *words, "--count", "1",
            cwd=running.folder, env=running.environment, stdout=subprocess.PIPE,
        )  # fmt: skip
        connection = await nats_py.connect(url, nkeys_seed=seed, inbox_prefix=b"_INBOX_goals")
        while listener.returncode is None:
            await connection.publish("ev.goals.7.district.Goal.GoalSet", json.dumps(event).encode())
            await asyncio.sleep(0.1)
        await connection.close()
        printed, _ = await listener.communicate()
        assert printed.decode().startswith(expected)
        assert listener.returncode == 0


def test_advancing_the_clock_returns_when_every_service_is_there(running: Platform) -> None:
    told = running.does("clock", "advance", "Ana", "--by", "2w")
    assert "Monday 16 March 2026, 08:00 UTC" in told
    assert "01 April 2026" in running.does("clock", "advance", DISTRICT, "--to", "2026-04-01T00:00:00Z")
    assert running.run("clock", "advance", "Ana").returncode == 1


def test_checks_and_repairs_are_left_to_the_services(running: Platform) -> None:
    asked = json.loads(running.does("rebuild", "--compare-only", "--json"))
    assert list(asked) == list(SERVICES)
    assert asked["goals"]["asked"] == ["rebuild", "--compare-only", "--json"]
    assert (
        running.does("parked", "retry", "--service", "goals")
        .strip()
        .endswith('"asked": ["parked", "retry"]}')
    )
    assert '"asked": ["recover", "--from-log"]' in running.does("recover", "goals", "--from-log", "--yes")
    told = running.does("verify").splitlines()
    assert [json.loads(line)["service"] for line in told] == list(
        SERVICES
    )  # a line each, and each says whose
    undecided = running.run("recover", "goals")
    assert (undecided.returncode, "either --from-stream or --from-log" in undecided.stderr) == (1, True)


def test_servers_elsewhere_are_set_up_by_the_same_declarations(running: Platform, tmp_path: Path) -> None:
    """Against this PostgreSQL, with its own secrets: nothing changes, and it says what it did."""
    superuser = (running.state.secrets / "postgres" / "superuser_password").read_text()
    url = running.status()["postgres"]["url"].replace("//", "//postgres@") + "/postgres"
    accounts = tmp_path / "accounts.conf"
    told = running.run(
        "provision", "--secrets", str(running.state.secrets),
        "--database-url", url, "--accounts", str(accounts),
        PGPASSWORD=superuser,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert all(running.part(service)["database_url"] in told.stdout for service in SERVICES)
    assert accounts.read_text() == (running.state.nats / "accounts.conf").read_text()
    assert superuser not in told.stdout
    assert running.run("provision", "--secrets", str(tmp_path)).returncode == 1


def test_doctor_finds_nothing_wrong_with_a_platform_that_runs(running: Platform) -> None:
    told = running.does("doctor")
    assert "✗" not in told
    assert "PostgreSQL 18" in told


def test_down_leaves_nothing_and_up_finds_everything_again(platform: Platform) -> None:
    platform.does("up", "--only", "servers")
    before = platform.status()
    assert before["services"]["goals"]["health"] == "stopped"
    assert platform.run("up").returncode == 1  # what runs is not what was asked for, and it says so
    platform.does("down")
    assert platform.processes() == []
    assert platform.status()["state"] == "stopped"
    assert platform.run("status").returncode == 1
    assert "Nothing was running" in platform.does("down")
    platform.does("up", "--only", "servers")
    assert platform.status()["postgres"]["url"] == before["postgres"]["url"]


def test_nothing_outlives_a_supervisor_that_was_killed(platform: Platform) -> None:
    platform.does("up")
    os.kill(platform.status()["supervisor"]["pid"], signal.SIGKILL)
    eventually(lambda: platform.processes() == [])
    assert platform.status()["state"] == "stopped"
    platform.does("up")
    assert platform.status()["state"] == "ready"


def test_a_platform_whose_folder_was_deleted_by_hand_stops_and_the_next_begins_anew(
    platform: Platform,
) -> None:
    platform.does("up", "--only", "servers")
    chosen = platform.state.ports.read_text()
    shutil.rmtree(platform.state.home)
    eventually(lambda: platform.processes() == [])
    platform.state.make()
    platform.state.ports.write_text(chosen)
    platform.does("up", "--only", "servers")
    assert platform.status()["state"] == "ready"


@pytest.mark.parametrize(
    ("failing", "reason"),
    [("CANNOT_MIGRATE", "the table is in the way"), ("CANNOT_SERVE", "there is no such table")],
)
def test_a_service_that_cannot_start_is_named_with_its_last_words(
    platform: Platform, failing: str, reason: str
) -> None:
    failed = platform.run("up", **{failing: "goals"})
    assert failed.returncode == 1
    assert "goals" in failed.stderr
    assert reason in failed.stderr
    assert "logs/goals.log" in failed.stderr
    assert platform.processes() == []
    assert platform.status()["state"] == "failed"
    platform.does("up")


def test_who_waits_for_an_operator_is_left_running_for_them(platform: Platform) -> None:
    """A database restored behind its stream: what recovers it needs the servers, and a stopped one stays so."""
    up = platform.run("up", UNDECIDED="goals")
    assert up.returncode == 1
    assert "goals  stream_ahead" in up.stdout
    assert "recover goals --from-stream" in up.stdout
    assert "recover goals --from-log" in up.stdout
    assert platform.part("goals")["health"] == "not-ready"
    assert "goals  relay: stream_ahead" in platform.run("status").stdout
    assert platform.part("directory")["health"] == "ready"
    assert "--from-log" in platform.does("recover", "goals", "--from-log", "--yes")


def test_a_port_that_is_taken_is_given_up_and_the_new_one_remembered(platform: Platform) -> None:
    before: dict[str, int] = json.loads(platform.state.ports.read_text())
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", before["nats"]))
        stranger.listen()
        platform.does("up", "--only", "servers")
    after: dict[str, int] = json.loads(platform.state.ports.read_text())
    assert {part for part in before if before[part] != after[part]} == {"nats"}
    assert platform.status()["nats"]["url"] == f"nats://127.0.0.1:{after['nats']}"
    assert f"port {before['nats']} is taken" in platform.state.log("supervisor").read_text()


def test_reset_deletes_everything_but_only_when_told_to(platform: Platform) -> None:
    platform.does("up", "--only", "servers")
    data = platform.state.postgres.resolve()
    assert platform.run("reset").returncode == 1
    assert data.exists()
    platform.does("reset", "--yes")
    assert not data.exists()
    assert not platform.state.home.exists()
    stranger = platform.folder / "precious"
    stranger.mkdir()
    assert platform.run("reset", "--yes", "--home", str(stranger)).returncode == 1
    assert stranger.exists()
