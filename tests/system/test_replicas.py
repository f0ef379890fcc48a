"""Several processes of a service on one platform: they come, go, die and freeze under load, and nothing is lost."""

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from chalkline import issuer
from chalkline import status as state_of
from chalkline.state import SERVICES, State, read_json
from kit.platforms import eventually, on_ports_of_its_own

pytestmark = [pytest.mark.system, pytest.mark.soak]

REBALANCED_WITHIN = 5.0
PEOPLE = 24


@dataclass
class Platform:
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> State:
        return State.at(self.folder / "here")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CHALKLINE_")}
        return subprocess.run(
            [sys.executable, "-m", "chalkline", *words],
            env={**kept, "CHALKLINE_HOME": str(self.state.home), "COLUMNS": "200"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip

    def does(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def processes(self, service: str) -> dict[str, Any]:
        """What status says of each process of a service, by name."""
        told = asyncio.run(state_of.status(self.state))["services"][service]
        return {service: told, **told["replicas"]}

    def asked(self, service: str, query: str) -> list[Any]:
        """Rows of a service's database."""
        chosen: dict[str, int] = read_json(self.state.ports)
        password = (self.state.secrets / service / "owner_password").read_text()

        async def fetch() -> list[Any]:
            connection = await asyncpg.connect(
                host="127.0.0.1",
                port=chosen["postgres"],
                user=f"{service}_owner",
                database=service,
                password=password,
            )
            try:
                return list(await connection.fetch(query))
            finally:
                await connection.close()

        return asyncio.run(fetch())

    def shares(self, service: str) -> list[int]:
        """How many partitions each living replica holds; nothing while any partition is nobody's."""
        rows = self.asked(
            service,
            "SELECT r.name, count(p.partition) AS n FROM work.partitions p LEFT JOIN work.replicas r"
            " ON r.holder = p.holder AND r.until > clock_timestamp() GROUP BY r.name",
        )
        return [] if any(row["name"] is None for row in rows) else sorted(row["n"] for row in rows)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    started = Platform(tmp_path_factory.mktemp("replicas"))
    on_ports_of_its_own(started.state.home, *(f"{service}-{n}" for service in SERVICES for n in (2, 3, 4)))
    started.does("up", "--scale", "directory=2", "--scale", "goals=3")
    yield started
    started.run("reset", "--yes")


@contextmanager
def load(platform: Platform) -> Iterator[list[int]]:
    """People who change without end, through both doors of directory; every command is sent until it is accepted."""
    personas = read_json(platform.state.personas)
    tenant = personas["maya"]["tenant"]
    token = issuer.token(platform.state, issuer.Bearer("operator", "operator", tenant))
    stop, accepted = threading.Event(), [0]

    def change(number: int) -> None:
        urls = itertools.cycle(part["url"] for part in platform.processes("directory").values())
        with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=10, trust_env=False) as http:

            def post(path: str, **body: Any) -> dict[str, Any]:
                key = {"Idempotency-Key": str(uuid4())}
                while True:
                    try:
                        answer = http.post(f"{next(urls)}{path}", json=body, headers=key)
                    except httpx.HTTPError:
                        continue
                    if answer.is_success:
                        told: dict[str, Any] = answer.json()
                        return told
                    assert answer.status_code == 503, answer.text
                    time.sleep(0.05)

            mine = [
                post("/v1/people", name=f"Person {number}", experience_band="novice")["id"] for _ in range(4)
            ]
            for band in itertools.cycle(("experienced", "veteran", "novice")):
                for person in mine:
                    if stop.is_set():
                        return
                    post(f"/v1/people/{person}/change-person", name="Somebody", experience_band=band)
                    accepted[0] += 1
                    time.sleep(0.03)

    threads = [threading.Thread(target=change, args=(n,)) for n in range(PEOPLE // 4)]
    for thread in threads:
        thread.start()
    try:
        yield accepted
        eventually(lambda: accepted[0] > 100)  # however quickly what was looked at was over
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def recorded(platform: Platform) -> int:
    """How far directory's log goes."""
    [head] = platform.asked("directory", "SELECT position FROM ledger.head")
    return int(head["position"])


def projected(platform: Platform) -> int:
    """How much of it goals has projected, whoever of it."""
    [row] = platform.asked(
        "goals", "SELECT min(position) AS through FROM projections.checkpoints WHERE source = 'directory'"
    )
    return int(row["through"])


def unharmed(platform: Platform) -> None:
    """Every table of goals is what its logs say, and nothing is parked; directory's log is its stream."""
    eventually(lambda: projected(platform) >= recorded(platform))
    told = json.loads(platform.does("rebuild", "--compare-only", "--json", "--service", "goals"))
    assert told["goals"]["equal"], told
    platform.does("verify", "--service", "directory")
    assert "nothing is parked" in platform.does("parked", "list", "--service", "goals")


def test_a_service_has_as_many_processes_as_were_asked_for(platform: Platform) -> None:
    told = platform.processes("goals")
    assert list(told) == ["goals", "goals-2", "goals-3"]
    assert {part["health"] for part in told.values()} == {"ready"}
    assert len({part["pid"] for part in told.values()} | {part["url"] for part in told.values()}) == 6
    assert eventually(lambda: platform.shares("goals") == [21, 21, 22]) < REBALANCED_WITHIN
    assert "goals-3" in platform.does("status")
    assert "✗" not in platform.does("doctor")
    assert platform.state.log("goals-3").stat().st_size


def test_a_clock_that_is_advanced_returns_when_all_replicas_are_there(platform: Platform) -> None:
    began = time.monotonic()
    platform.does("clock", "advance", "maya", "--by", "16d")
    assert time.monotonic() - began < 30
    reached = platform.asked("notifications", "SELECT data->>'milestone' AS m, data->>'occurrence' AS o, stream_id"
                             " FROM ledger.events WHERE type = 'MilestoneReached'")  # fmt: skip
    assert reached
    assert len(reached) == len({tuple(row) for row in reached})


def test_one_to_four_and_back_under_load(platform: Platform) -> None:
    platform.does("scale", "goals=1")
    assert eventually(lambda: platform.shares("goals") == [64]) < REBALANCED_WITHIN
    with load(platform):
        platform.does("scale", "goals=4")
        assert eventually(lambda: platform.shares("goals") == [16] * 4) < REBALANCED_WITHIN
        time.sleep(2)
        platform.does("scale", "goals=1")
        assert eventually(lambda: platform.shares("goals") == [64]) < REBALANCED_WITHIN
    unharmed(platform)


def test_a_process_that_is_killed_is_started_again_and_its_partitions_are_read_on(platform: Platform) -> None:
    platform.does("scale", "goals=3")
    eventually(lambda: platform.shares("goals") == [21, 21, 22])
    with load(platform):
        before = platform.processes("goals")["goals-2"]
        os.kill(before["pid"], signal.SIGKILL)
        time.sleep(0.2)
        assert eventually(lambda: sum(platform.shares("goals")) == 64) < REBALANCED_WITHIN
        eventually(lambda: platform.processes("goals")["goals-2"]["health"] == "ready")
        after = platform.processes("goals")["goals-2"]
        assert (after["restarts"], after["pid"] != before["pid"]) == (before["restarts"] + 1, True)
    unharmed(platform)


def test_a_process_frozen_past_its_lease_and_resumed_changes_nothing(platform: Platform) -> None:
    platform.does("scale", "goals=3")
    eventually(lambda: platform.shares("goals") == [21, 21, 22])
    frozen = platform.processes("goals")["goals-3"]["pid"]
    with load(platform):
        time.sleep(1)
        os.kill(frozen, signal.SIGSTOP)
        try:
            took = eventually(lambda: platform.shares("goals") == [32, 32])
            assert took < REBALANCED_WITHIN
            so_far = recorded(platform)
            eventually(lambda: projected(platform) >= so_far)  # by the others, all of it
        finally:
            os.kill(frozen, signal.SIGCONT)
        assert eventually(lambda: platform.shares("goals") == [21, 21, 22]) < REBALANCED_WITHIN
    assert platform.processes("goals")["goals-3"]["pid"] == frozen
    unharmed(platform)


def test_another_relay_takes_over_from_one_that_is_killed(platform: Platform) -> None:
    """Killed again and again, so that the supervisor's own restart is not what helps."""
    platform.does("scale", "goals=1", "directory=3")
    lease = "SELECT holder, until > clock_timestamp() AS held FROM work.leases WHERE name = 'relay:directory'"
    [before] = platform.asked("directory", lease)
    pids = {part["pid"] for part in platform.processes("directory").values()}
    pid = int(before["holder"].split(":")[1])
    assert pid in pids
    with load(platform):
        os.kill(pid, signal.SIGKILL)
        took = eventually(lambda: platform.asked("directory", lease)[0]["holder"] != before["holder"])
        assert took < REBALANCED_WITHIN
    unharmed(platform)
