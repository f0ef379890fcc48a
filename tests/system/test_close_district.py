"""A district leaves a running platform by one command: it has everything, nothing of it is left, others go on."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from chalkline import issuer
from chalkline.disk import look_through
from chalkline.state import State, read_json
from kit.platforms import on_ports_of_its_own

pytestmark = [pytest.mark.system, pytest.mark.soak]

WORD = "zyzzyva"
"""In a name, an address and a text of the district that leaves: nothing else on this machine has it."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    state = on_ports_of_its_own(tmp_path_factory.mktemp("left") / "home")
    try:
        assert chalkline(state, "up").returncode == 0
        yield state
    finally:
        chalkline(state, "reset", "--yes")
        shutil.rmtree(state.home, ignore_errors=True)


def chalkline(state: State, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chalkline", *words, "--home", str(state.home)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def asked(
    state: State, service: str, path: str, by: issuer.Bearer, body: dict[str, Any] | None = None
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {issuer.token(state, by)}", "Idempotency-Key": str(uuid4())}
    url = f"http://127.0.0.1:{read_json(state.ports)[service]}{path}"
    if body is None:
        return httpx.get(url, headers=headers, trust_env=False)
    return httpx.post(url, json=body, headers=headers, trust_env=False, timeout=30)


def operator(tenant: UUID | None) -> issuer.Bearer:
    return issuer.Bearer("operator", "operator", str(tenant) if tenant else None)


def another_district(state: State) -> UUID:
    """One that stays, with somebody in it."""
    told = {"name": "Stayville", "sandbox": True, "time_zone": "America/Chicago"}
    tenant = UUID(asked(state, "directory", "/v1/districts", operator(None), told).json()["id"])
    person = {"name": "Stella Stays", "email": "stella@stays.example"}
    assert asked(state, "directory", "/v1/people", operator(tenant), person).is_success
    return tenant


def events_of(folder: Path) -> dict[str, list[str]]:
    """The events of an export, but for those that tell of exports."""
    return {
        file.name: [line for line in file.read_text().splitlines() if "OperatorActed" not in line]
        for file in (folder / "events").iterdir()
    }


def test_a_district_leaves_with_everything_and_nothing_is_left(home: State, tmp_path: Path) -> None:
    maya = issuer.bearer(home, "maya", None)
    tenant, tomas = UUID(maya.tenant), read_json(home.personas)["tomas"]["id"]
    stays = another_district(home)
    change = {"name": f"Tomas {WORD.title()}", "email": f"tomas@{WORD}.example"}
    assert asked(home, "directory", f"/v1/people/{tomas}/change-person", operator(tenant), change).is_success
    assert asked(home, "observations", "/v1/reflections", maya, {"reflection": f"Of {WORD}"}).is_success
    assert chalkline(home, "clock", "advance", "maya", "--by", "16d").returncode == 0  # mails, notifications
    assert chalkline(home, "export", str(stays), "--to", str(tmp_path / "before")).returncode == 0

    to = tmp_path / "left"
    assert "nobody is there to answer" in chalkline(home, "close-district", "maya", "--to", str(to)).stderr
    nowhere = chalkline(home, "close-district", "maya", "--yes", "--to", str(tmp_path / "no" / "where"))
    assert (nowhere.returncode, "cannot be written" in nowhere.stderr) == (1, True)
    hold = {"reason": "case 12"}
    assert asked(home, "directory", f"/v1/people/{tomas}/place-legal-hold", operator(tenant), hold).is_success
    held = chalkline(home, "close-district", "maya", "--yes", "--to", str(to))
    assert (held.returncode, "legal_hold" in held.stderr, to.exists()) == (1, True, False)
    assert asked(home, "notifications", "/v1/inbox", maya).is_success
    told = asked(home, "directory", f"/v1/people/{tomas}", operator(tenant)).json()
    [hold_id] = told["data"]["legal_holds"]
    lifted = {"hold_id": hold_id}
    assert asked(
        home, "directory", f"/v1/people/{tomas}/lift-legal-hold", operator(tenant), lifted
    ).is_success

    # Taken along before, and something was told since then.
    assert chalkline(home, "export", "maya", "--with-words", "--to", str(to)).returncode == 0
    again = {"name": f"Tom {WORD}"}
    assert asked(home, "directory", f"/v1/people/{tomas}/change-person", operator(tenant), again).is_success
    done = chalkline(home, "close-district", "maya", "--yes", "--json", "--to", str(to))
    assert done.returncode == 0, done.stderr
    certificate = json.loads(done.stdout)
    assert certificate["taken_along"]["since"] > 0
    since = to.with_name("left.since")
    assert "PersonChanged" in (since / "events" / "directory.jsonl").read_text()
    assert f"Tom {WORD}" in (since / "words" / "directory.jsonl").read_text()
    assert certificate["services"]["directory"]["words"] > 10
    assert certificate["mails_deleted"] > 0
    assert WORD in (to / "words" / "directory.jsonl").read_text().lower()
    left = asked(home, "notifications", "/v1/inbox", maya)
    assert (left.status_code, left.json()["code"]) == (410, "district_closed")

    found = look_through([home.home], [WORD.encode(), WORD.title().encode(), WORD.upper().encode()])
    assert [str(path) for path in found.found] == []
    assert chalkline(home, "verify").returncode == 0
    assert chalkline(home, "rebuild").returncode == 0
    assert chalkline(home, "export", str(stays), "--to", str(tmp_path / "after")).returncode == 0
    assert events_of(tmp_path / "before") == events_of(tmp_path / "after")

    again = chalkline(home, "close-district", "maya", "--yes", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["services"] == certificate["services"]
    assert chalkline(home, "down").returncode == 0
    assert chalkline(home, "up").returncode == 0
