"""Somebody is erased from a running platform: their name is in no byte of it, and a restore erases it again first."""

import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from chalkline import issuer
from chalkline.disk import look_through
from chalkline.state import State, read_json
from kit.platforms import eventually, on_ports_of_its_own

pytestmark = [pytest.mark.system, pytest.mark.soak]

WORD = "zyzzyva"
"""In the name and address, and in whatever is said of them: nothing else on this machine has it."""
NAME = "Tomas Zyzzyva"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    state = on_ports_of_its_own(tmp_path_factory.mktemp("erased") / "home")
    try:
        assert chalkline(state, "up").returncode == 0
        plant(state)
        yield state
    finally:
        chalkline(state, "reset", "--yes")
        shutil.rmtree(before(state), ignore_errors=True)


def chalkline(state: State, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chalkline", *words, "--home", str(state.home)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def request(
    state: State, service: str, path: str, by: str, body: dict[str, Any] | None = None
) -> httpx.Response:
    """As a persona, or as the district's operator."""
    tenant = read_json(state.personas)["maya"]["tenant"]
    headers = {"Authorization": f"Bearer {issuer.token(state, issuer.bearer(state, by, tenant))}"}
    url = f"http://127.0.0.1:{read_json(state.ports)[service]}{path}"
    if body is None:
        return httpx.get(url, headers=headers, trust_env=False)
    answer = httpx.post(
        url, json=body, headers=headers | {"Idempotency-Key": str(uuid4())}, trust_env=False, timeout=30
    )
    assert answer.is_success, answer.text
    return answer


def plant(state: State) -> None:
    """The teacher's name in every kind of text, by both of the pair, and in mails."""
    tomas = read_json(state.personas)["tomas"]["id"]
    before = {"name": f"{NAME}-Before", "email": f"tomas@{WORD}.example", "sourced_id": f"{WORD}-7"}
    request(state, "directory", f"/v1/people/{tomas}/change-person", "operator", before)
    request(state, "directory", f"/v1/people/{tomas}/change-person", "operator", {"name": NAME})
    pair = request(state, "goals", "/v1/partnerships", "maya").json()[0]["partnership_id"]
    visit = request(
        state, "observations", "/v1/observations/record-observation", "maya",
        {"partnership_id": pair, "started_at": "2026-01-05T15:00:00Z", "duration_s": 1200, "mode": "live",
         "chosen_by": "joint", "evidence": f"{NAME} asked eleven questions"},
    ).json()["id"]  # fmt: skip
    feedback = f"/v1/observations/{visit}"
    request(state, "observations", f"{feedback}/share-feedback", "maya", {"feedback": f"{NAME}, well done"})
    request(state, "observations", f"{feedback}/give-coach-feedback", "tomas", {"feedback": f"{NAME} thanks"})
    for who in ("tomas", "maya"):
        request(state, "observations", "/v1/reflections", who, {"reflection": f"{NAME} reflects, {who} says"})
    assert chalkline(state, "clock", "advance", "maya", "--by", "16d").returncode == 0


def with_the_word(state: State, *also: Path) -> list[str]:
    """Every file of the platform that has the word in it, in capitals or not."""
    found = look_through([state.home, *also], [WORD.encode(), WORD.title().encode(), WORD.upper().encode()])
    return [str(path) for path in found.found]


def erased(state: State, *words: str) -> tuple[int, dict[str, Any]]:
    done = chalkline(state, "erase", "tomas", "--yes", "--json", *words)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def before(state: State) -> Path:
    """PostgreSQL's data as they were before the erasure, out of the platform's folder."""
    return state.home.parent / "before"


def further_words(state: State) -> Path:
    path = state.home.parent / "words"
    path.write_text(f"{NAME}\n{WORD}\n")
    return path


def stopped(state: State) -> None:
    assert chalkline(state, "down").returncode == 0


def test_a_legal_hold_is_answered_with_its_code(home: State) -> None:
    tomas = read_json(home.personas)["tomas"]["id"]
    path = f"/v1/people/{tomas}"
    request(home, "directory", f"{path}/place-legal-hold", "ada", {"reason": "case 12"})
    done = chalkline(home, "erase", "tomas", "--yes")
    assert (done.returncode, "legal_hold" in done.stderr) == (1, True), done.stderr
    [hold] = request(home, "directory", path, "ada").json()["data"]["legal_holds"]
    request(home, "directory", f"{path}/lift-legal-hold", "ada", {"hold_id": hold})


@pytest.mark.timeout(600)  # a platform is stopped and started on the way
def test_afterwards_the_name_is_in_no_byte(home: State, tmp_path: Path) -> None:
    export = tmp_path / "export"
    export.mkdir()
    (export / "dump.sql.gz").write_bytes(gzip.compress(f"COPY … {NAME}".encode()))
    stopped(home)
    data = home.postgres.resolve()
    subprocess.run(["cp", "-a", str(data / "data"), str(data / "before")], check=True)
    assert chalkline(home, "up").returncode == 0
    assert len(with_the_word(home, export)) > 5

    code, certificate = erased(home, "--also", str(export))
    assert code == 3
    [attested] = certificate["attested"].values()
    assert attested["directory"] >= 5
    assert attested["observations"] == 4
    assert certificate["mails_deleted"]
    assert [text["aggregate"] for text in certificate["texts"]] == ["Reflection"]  # the coach's own
    files = [Path(place["file"]) for place in certificate["found"] if "file" in place]
    assert any(file.is_relative_to(export) for file in files), "the export that was taken before"
    assert WORD not in json.dumps(certificate).lower()

    # Run again, as whoever was stopped does: nobody keeps a name for that, and it says so.
    assert certificate["looked_for"]["known"] >= 5
    done = chalkline(home, "erase", "tomas", "--yes", "--json")
    assert (done.returncode, json.loads(done.stdout)["looked_for"]) == (
        3,
        {"known": 0, "words": 0, "too_short": 0},
    )
    assert "neither name nor addresses" in done.stderr
    assert "--words" in done.stderr

    # The dump that was copied, and the export, are looked at no more; the coach's text goes too.
    subprocess.run(["mv", str(data / "before"), str(before(home))], check=True)
    code, certificate = erased(home, "--mentions", "--words", str(further_words(home)))
    assert (code, certificate["found"], certificate["texts"]) == (0, [], [])
    assert with_the_word(home) == []
    assert chalkline(home, "verify").returncode == 0
    assert chalkline(home, "rebuild", "--compare-only").returncode == 0


@pytest.mark.timeout(600)
def test_a_restore_erases_again_before_it_tells_a_word(home: State) -> None:
    """Every database is as it was before the erasure; directory's log is kept, so that it does not know of it."""
    stopped(home)
    data = home.postgres.resolve() / "data"
    subprocess.run(["rm", "-rf", str(data)], check=True)
    subprocess.run(["cp", "-a", str(before(home)), str(data)], check=True)
    assert chalkline(home, "up").returncode == 1  # who waits for a decision is named
    tomas = read_json(home.personas)["tomas"]["id"]
    told = request(home, "directory", f"/v1/people/{tomas}", "ada")
    assert (told.status_code, told.json()["code"]) == (503, "words_withheld")
    for service in ("goals", "observations", "notifications"):
        chalkline(home, "recover", service, "--from-stream", "--yes")
    recovered = chalkline(home, "recover", "directory", "--from-log", "--yes")
    assert recovered.returncode == 0, recovered.stderr
    eventually(lambda: request(home, "directory", "/readyz", "ada").is_success, within=90)
    told = request(home, "directory", f"/v1/people/{tomas}", "ada")
    assert (told.status_code, told.json()["code"]) == (503, "words_withheld")

    replayed = chalkline(home, "erase", "--replay", "--json")
    assert replayed.returncode == 0, replayed.stderr
    assert json.loads(replayed.stdout)["asked"] == 2

    def told_again() -> bool:
        return request(home, "directory", f"/v1/people/{tomas}", "ada").status_code == httpx.codes.OK

    eventually(told_again, within=90)
    told = request(home, "directory", f"/v1/people/{tomas}", "ada")
    assert told.json()["data"]["status"] == "erased"
    code, _ = erased(home, "--words", str(further_words(home)))
    assert code == 0
    assert with_the_word(home) == []
