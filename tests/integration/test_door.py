"""The doors on a real ledger: what comes in, what is answered, and what is said to everybody else."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from backbone.application import Reader, create_app, reader
from backbone.commands import Commands
from backbone.deciding import Aggregate, Command, kebab_case
from backbone.entrances import entrances
from backbone.health import NotReady
from backbone.identity import Identity
from backbone.keys import Keys
from backbone.ledger import Ledger
from backbone.limits import Limits
from conftest import TestDatabase
from fastapi import APIRouter
from kit.board import CLUB, NOTE, SERVICE, Gatherer, NotePinned, NoteStamped
from kit.tally import CHAIN_KEY, Clock, TallyCounted
from kit.tokens import AUDIENCE, ISSUER, PERSON, TENANT, Issuer, key
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

pytestmark = pytest.mark.integration

STRANGER, LATE, OTHER = UUID(int=666), UUID(int=667), UUID(int=2)
JSON = {"Content-Type": "application/json"}


@dataclass
class By:
    """Whose room it is."""

    tenant: UUID
    kind: str = "person"


class Service:
    """The board's application in this process, and what its surroundings make of it."""

    def __init__(self, database: TestDatabase, folder: Path) -> None:
        self.issuer = Issuer(folder)
        self.ledger = Ledger(database.app)
        commands = Commands(
            self.ledger, (NOTE, CLUB), clock=Clock(), gatherer=Gatherer(), chain_key=CHAIN_KEY
        )
        self.limits = Limits(rate=20, at_once=2, patience=0.2)
        self.trouble: Exception | None = None
        self.commands = commands
        self.asked: list[tuple[str, int, int]] = []
        boards = APIRouter()

        @boards.get("/v1/boards/{board_id}")
        async def board(board_id: UUID, by: Reader, limit: int = 10) -> dict[str, Any]:
            return {"by": str(by), "limit": limit}

        @boards.get("/v1/boards")
        async def boards_of(by: Reader) -> dict[str, Any]:
            raise RuntimeError(f"the secret of {by}")

        async def plain(request: Request) -> JSONResponse:
            """Everything plain. It pages."""
            return JSONResponse({"by": str(await reader(request))})

        self.app: ASGIApp = create_app(
            SERVICE,
            version="1",
            description="A board",
            commands=commands,
            identity=Identity(Keys(str(self.issuer.path)), issuer=ISSUER, audience=AUDIENCE),
            request_key=CHAIN_KEY,
            reached=self.reached,
            limits=self.limits,
            checks={"database": self.check},
            progress=self.progress,
            publishes=[NotePinned, NoteStamped],
            subscribes=[TallyCounted],
            routes=[boards, Route("/v1/plain", plain)],
        )

    async def reached(self, source: str, partition: int, position: int) -> bool:
        self.asked.append((source, partition, position))
        return position < 1000

    async def check(self) -> None:
        if self.trouble:
            raise self.trouble

    async def progress(self) -> dict[str, Any]:
        return {"position": 7, "relay": {"lag": 0}, "projector": {"goals": 0}, "parked": 0}


@pytest.fixture
def service(database: TestDatabase, tmp_path: Path) -> Service:
    return Service(database, tmp_path)


@pytest_asyncio.fixture
async def http(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://board") as client:
        client.headers.update(service.issuer.person())
        yield client


async def pin(http: httpx.AsyncClient, **body: Any) -> httpx.Response:
    return await http.post("/v1/notes", json={"title": "hello"} | body, headers=key())


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem, whose shape is looked at on the way."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["type"]) == (
        answer.status_code,
        f"urn:chalkline:problem:{problem['code']}",
    )
    assert len(problem["trace_id"]) == 32
    assert answer.headers.get("retry-after") == ("1" if answer.status_code in (429, 503) else None)
    return answer.status_code, problem["code"]


async def test_what_begins_is_answered_with_its_place_its_version_and_its_events(
    http: httpx.AsyncClient,
) -> None:
    headers = key()
    answer = await http.post("/v1/notes", json={"title": "hello"}, headers=headers)
    body = answer.json()
    assert answer.status_code == 201
    assert body["command_id"] == headers["Idempotency-Key"]
    assert [(e["type"], e["version"]) for e in body["events"]] == [("chalkline.board.NotePinned.v2", 1)]
    assert (body["version"], body["position"]) == (1, 1)
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"] == f"/v1/notes/{body['id']}"
    service, partition, position = answer.headers["at-least"].split(":")
    assert (service, position) == ("board", "1")
    assert 0 <= int(partition) < 64


async def test_a_command_on_what_exists_moves_its_version(http: httpx.AsyncClient) -> None:
    note = (await pin(http)).json()["id"]
    answer = await http.post(f"/v1/notes/{note}/stamp-note", json={"times": 2}, headers=key())
    assert (answer.status_code, answer.json()["version"], answer.headers["etag"]) == (200, 2, '"2"')
    assert "location" not in answer.headers
    silent = await http.post(f"/v1/notes/{note}/stamp-note", json={"times": 0}, headers=key())
    assert (silent.status_code, silent.json()["events"], silent.json()["version"]) == (200, [], 2)


async def test_a_second_way_to_begin_has_its_own_path(http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/notes/pin-blank-note", json={}, headers=key())
    assert answer.status_code == 201


async def test_a_repeat_gets_the_first_answer_and_says_so(http: httpx.AsyncClient) -> None:
    headers = key()
    first = await http.post("/v1/notes", json={"title": "hello", "urgent": True}, headers=headers)
    again = await http.post("/v1/notes", content=b'{"urgent":true, "title":"hello"}', headers=headers | JSON)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert {h: first.headers[h] for h in ("etag", "location", "at-least")} == {
        h: again.headers[h] for h in ("etag", "location", "at-least")
    }


async def test_another_request_under_a_known_key_is_refused(http: httpx.AsyncClient) -> None:
    headers = key()
    note = (await pin(http)).json()["id"]
    await http.post(f"/v1/notes/{note}/stamp-note", json={"times": 2}, headers=headers)
    for path, body in [
        (f"/v1/notes/{note}/stamp-note", {"times": 3}),
        ("/v1/notes", {"title": "hello"}),
    ]:
        answer = await http.post(path, json=body, headers=headers)
        assert code(answer) == (422, "command_id_reused")


async def test_nobody_is_told_what_another_was_answered(
    http: httpx.AsyncClient, service: Service, database: TestDatabase
) -> None:
    """The same request under the same key by somebody else of the district is another request."""
    headers, body = key(), {"title": "hello"}
    told = (await http.post("/v1/notes", json=body, headers=headers)).json()
    before = await database.app.fetchval("SELECT count(*) FROM ledger.events")
    for other in (service.issuer.person(uuid4()), service.issuer.operator(TENANT)):
        answer = await http.post("/v1/notes", json=body, headers=headers | other)
        assert code(answer) == (422, "command_id_reused")
        assert told["id"] not in answer.text
    assert await database.app.fetchval("SELECT count(*) FROM ledger.events") == before


async def test_a_fact_that_forbids_is_told_with_its_details(http: httpx.AsyncClient) -> None:
    note = (await pin(http)).json()["id"]
    answer = await http.post(f"/v1/notes/{note}/stamp-note", json={"times": 11}, headers=key())
    assert code(answer) == (409, "note_already_full")
    assert answer.json()["detail"] == "A note has no room for more than ten stamps."
    assert answer.json()["details"]["stamps"] == 0


async def test_what_only_one_may_hold_is_told(http: httpx.AsyncClient) -> None:
    assert (await pin(http, title="unique")).status_code == 201
    answer = await pin(http, title="unique")
    assert code(answer) == (409, "claim_taken")
    assert answer.json()["details"] == {"claim": "title"}


async def test_what_cannot_be_stored_is_the_callers_fault(http: httpx.AsyncClient) -> None:
    assert code(await pin(http, title="unique_and_endless")) == (422, "not_storable")


async def test_if_match_holds_a_version(http: httpx.AsyncClient) -> None:
    note = (await pin(http)).json()["id"]
    path = f"/v1/notes/{note}/stamp-note"
    for etag, status in [('"1"', 200), ('"1"', 412), ('"2"', 200), ("*", 200), ('"9"', 412)]:
        answer = await http.post(path, json={}, headers=key() | {"If-Match": etag})
        assert answer.status_code == status
    for etag in ("1", 'W/"1"', '"1", "2"', '"x"', '""', '"-1"', '"' + "9" * 30 + '"'):
        answer = await http.post(path, json={}, headers=key() | {"If-Match": etag})
        assert code(answer) == (400, "if_match_invalid")


async def test_who_may_not_see_finds_nothing_and_who_may_not_do_is_told(
    http: httpx.AsyncClient, service: Service
) -> None:
    note = (await pin(http)).json()["id"]
    path = f"/v1/notes/{note}/stamp-note"
    bodies = []
    for who, expected in [
        (service.issuer.person(STRANGER), (404, "not_found")),
        (service.issuer.person(PERSON, tenant=UUID(int=9)), (404, "not_found")),
        (service.issuer.person(OTHER), (403, "forbidden")),
        (service.issuer.person(LATE), (503, "facts_behind")),
    ]:
        answer = await http.post(path, json={}, headers=key() | who)
        assert code(answer) == expected
        if expected[0] == 404:
            bodies.append(answer.json())
    for nowhere in ("/v1/nothing", "/nothing", "/v1/notes/",
                    f"/v1/notes/{uuid4()}/stamp-note", "/v1/notes/x/stamp-note",
                    f"/v1/clubs/{note}/close-club", f"/v1/notes/{note}/unknown",
                    "/v1/notes/{id}/stamp-note", f"/v1/notes/{UUID(note).hex}/stamp-note",
                    f"/v1/notes/{note}/stamp-note/"):  # fmt: skip
        bodies.append((answer := await http.post(nowhere, json={}, headers=key())).json())
        assert code(answer) == (404, "not_found")
    assert len({json.dumps(body | {"trace_id": ""}) for body in bodies}) == 1


@pytest.mark.parametrize(("method", "allow"), [("PUT", "POST"), ("GET", "POST"), ("DELETE", "POST")])
async def test_another_method_is_told_which_is_allowed(
    http: httpx.AsyncClient, method: str, allow: str
) -> None:
    answer = await http.request(method, "/v1/commands")
    assert code(answer) == (405, "method_not_allowed")
    assert answer.headers["allow"] == allow
    answer = await http.request(method, f"/v1/notes/{uuid4()}/stamp-note")
    assert code(answer) == (405, "method_not_allowed")


BAD_BODIES = [
    (b"{", (400, "json_malformed"), None),
    (b"", (400, "json_malformed"), None),
    (b"[]", (400, "json_not_an_object"), None),
    (b'{"title": "a", "title": "b"}', (400, "json_duplicate_key"), "/title"),
    (b'{"weight": NaN}', (400, "json_not_finite"), "/weight"),
    (b'{"weight": 1e400}', (400, "json_not_finite"), "/weight"),
    (b'{"text": "a\\u0000"}', (400, "json_nul"), "/text"),
    (b'{"text": "\\ud800"}', (400, "json_lone_surrogate"), "/text"),
    (b'{"text": "\xff"}', (400, "json_not_utf8"), None),
    (b'{"a": ' + b"[" * 9000, (400, "json_too_deep"), None),
    (b'{"text": "' + b"a" * 65_536 + b'"}', (413, "too_large"), None),
    (b'{"title": "hello", "who": "me"}', (422, "command_invalid"), "/who"),
    (b'{"title": 7}', (422, "command_invalid"), "/title"),
    (b'{"title": "Hello World"}', (422, "command_invalid"), "/title"),
    (b'{"title": "hello", "urgent": 0}', (422, "command_invalid"), "/urgent"),
    (b'{"title": "hello", "urgent": "true"}', (422, "command_invalid"), "/urgent"),
    (b'{"title": "hello", "at": "2026-03-02T10:00:00"}', (422, "command_invalid"), "/at"),
    (b'{"title": "hello", "at": 1772445600}', (422, "command_invalid"), "/at"),
    (b'{"title": "hello", "weight": "NaN"}', (422, "command_invalid"), "/weight"),
    (b'{"title": "hello", "weight": "Infinity"}', (422, "command_invalid"), "/weight"),
    (b'{"title": "hello", "text": "  "}', (422, "command_invalid"), "/text"),
    (b"{}", (422, "command_invalid"), "/title"),
]


@pytest.mark.parametrize(("body", "expected", "pointer"), BAD_BODIES, ids=lambda v: repr(v)[:40])
async def test_a_bad_body_is_its_own_problem_and_leaves_no_trace(
    http: httpx.AsyncClient,
    database: TestDatabase,
    body: bytes,
    expected: tuple[int, str],
    pointer: str | None,
) -> None:
    answer = await http.post("/v1/notes", content=body, headers=key() | JSON)
    assert code(answer) == expected
    assert [fault["pointer"] for fault in answer.json().get("errors", [])] == ([pointer] if pointer else [])
    assert await database.app.fetchval("SELECT count(*) FROM ledger.commands") == 0


async def test_a_body_that_comes_in_pieces_is_read_whole_and_measured(http: httpx.AsyncClient) -> None:
    async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
        for part in parts:
            yield part

    headers = key() | JSON
    answer = await http.post("/v1/notes", content=pieces(b'{"title":', b'"hello"}'), headers=headers)
    assert answer.status_code == 201
    answer = await http.post("/v1/notes", content=pieces(*[b" " * 9000] * 9), headers=key() | JSON)
    assert code(answer) == (413, "too_large")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Idempotency-Key": None}, (400, "idempotency_key_missing")),
        ({"Idempotency-Key": "7"}, (400, "idempotency_key_invalid")),
        ({"Idempotency-Key": "{0198c2a4-0000-7000-8000-000000000001}"}, (400, "idempotency_key_invalid")),
        ({"Idempotency-Key": "0198c2a4000070008000000000000001    "}, (400, "idempotency_key_invalid")),
        ({"Content-Type": "text/plain"}, (415, "content_type")),
        ({"Content-Type": None}, (415, "content_type")),
        ({"Content-Type": "application/json; charset=latin-1"}, (415, "content_type")),
        ({"Content-Encoding": "gzip"}, (415, "content_type")),
        ({"At-Least": "goals"}, (400, "at_least_invalid")),
        ({"At-Least": "goals:64:1"}, (400, "at_least_invalid")),
        ({"At-Least": "goals:1:-1"}, (400, "at_least_invalid")),
        ({"At-Least": ""}, (400, "at_least_invalid")),
        ({"At-Least": ",".join(["goals:1:1"] * 17)}, (400, "at_least_invalid")),
        ({"At-Least": "goals:1:1000"}, (503, "behind")),
        ({"Authorization": None}, (401, "token_missing")),
        ({"Authorization": "Bearer nonsense"}, (401, "token_malformed")),
    ],
)
async def test_a_bad_header_is_its_own_problem(
    http: httpx.AsyncClient, headers: dict[str, str | None], expected: tuple[int, str]
) -> None:
    sent = {**http.headers, **{k.lower(): v for k, v in (key() | JSON).items()}}
    sent |= {name.lower(): value for name, value in headers.items()}  # type: ignore[dict-item]
    request = httpx.Request(
        "POST", "http://board/v1/notes", content=b'{"title": "hello"}',
        headers={name: value for name, value in sent.items() if value is not None},
    )  # fmt: skip
    answer = await http.send(request)
    assert code(answer) == expected


async def test_a_header_that_counts_may_be_there_once(http: httpx.AsyncClient) -> None:
    repeated = [*http.headers.items(), *JSON.items(), *key().items(), *key().items()]
    request = httpx.Request("POST", "http://board/v1/notes", content=b'{"title": "a"}', headers=repeated)
    assert code(await http.send(request)) == (400, "header_repeated")


async def test_at_least_waits_for_every_position_it_names(http: httpx.AsyncClient, service: Service) -> None:
    answer = await http.post(
        "/v1/notes", json={"title": "hello"}, headers=key() | {"At-Least": "goals:1:5, board:63:7"}
    )
    assert answer.status_code == 201
    assert service.asked == [("goals", 1, 5), ("board", 63, 7)]


async def test_a_fault_of_ours_says_nothing_of_itself(
    http: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await pin(http, title="crash")
    assert code(answer) == (500, "internal")
    assert "secret" not in answer.text


async def test_a_fault_in_a_read_says_nothing_of_itself_either(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/boards")
    assert code(answer) == (500, "internal")
    assert "secret" not in answer.text


async def test_while_an_operator_is_needed_no_command_is_taken(
    http: httpx.AsyncClient, service: Service
) -> None:
    service.commands.refused_because = "stream_differs"
    assert code(await pin(http)) == (503, "stream_differs")
    service.commands.refused_because = None
    assert (await pin(http)).status_code == 201


async def test_only_an_operator_founds_a_tenant_and_acts_in_it(
    http: httpx.AsyncClient, service: Service, database: TestDatabase
) -> None:
    assert code(await http.post("/v1/clubs", json={}, headers=key())) == (403, "forbidden")
    headers = key() | service.issuer.operator()
    first = await http.post("/v1/clubs", json={}, headers=headers)
    again = await http.post("/v1/clubs", json={}, headers=headers)
    assert (first.status_code, first.json()) == (201, again.json())
    club = UUID(first.json()["id"])
    assert await database.app.fetchval("SELECT tenant FROM ledger.events") == club
    closed = await http.post(f"/v1/clubs/{club}/close-club", json={}, headers=headers | key())
    assert closed.status_code == 200
    member = key() | service.issuer.person(tenant=club)
    assert (await http.post(f"/v1/clubs/{club}/close-club", json={}, headers=member)).status_code == 200
    elsewhere = key() | service.issuer.operator(TENANT)
    answer = await http.post(f"/v1/clubs/{club}/close-club", json={}, headers=elsewhere)
    assert code(answer) == (404, "not_found")
    nowhere = await http.post("/v1/notes", json={"title": "hello"}, headers=key() | service.issuer.operator())
    assert code(nowhere) == (403, "tenant_missing")


async def test_a_trace_goes_from_the_request_into_the_event(
    http: httpx.AsyncClient, database: TestDatabase
) -> None:
    trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    headers = key() | {"traceparent": f"00-{trace}-{span}-01"}
    await http.post("/v1/notes", json={"title": "hello"}, headers=headers)
    meta = json.loads(await database.app.fetchval("SELECT meta FROM ledger.events"))
    assert meta["traceparent"].startswith(f"00-{trace}-")
    assert span not in meta["traceparent"]
    answer = await http.post("/v1/notes", content=b"", headers=headers)
    assert answer.json()["trace_id"] == trace


async def test_a_look_shows_what_the_view_names_and_its_words_to_whom_it_names_them(
    http: httpx.AsyncClient, service: Service
) -> None:
    note = (await pin(http, text="for my eyes")).json()["id"]
    mine = await http.get(f"/v1/notes/{note}")
    body = mine.json()
    assert (mine.status_code, mine.headers["etag"], mine.headers["cache-control"]) == (
        200,
        '"1"',
        "private, no-cache",
    )
    assert (body["aggregate"], body["version"]) == ("Note", 1)
    assert body["words"] == {body["data"]["text"]: "for my eyes"}
    theirs = await http.get(f"/v1/notes/{note}", headers=service.issuer.person(OTHER))
    assert (theirs.json()["words"], theirs.json()["data"]) == (
        {},
        {"by": f"person:{PERSON}", "stamps": 0},
    )
    for who in (STRANGER, LATE):
        answer = await http.get(f"/v1/notes/{note}", headers=service.issuer.person(who))
        assert code(answer)[0] == (404 if who == STRANGER else 503)
    foreign = await http.get(f"/v1/notes/{note}", headers=service.issuer.person(tenant=UUID(int=5)))
    assert code(foreign) == (404, "not_found")
    head = await http.head(f"/v1/notes/{note}")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", '"1"')
    assert code(await http.get(f"/v1/notes/{uuid4()}")) == (404, "not_found")
    assert code(await http.get("/v1/notes/x")) == (404, "not_found")
    assert code(await http.put(f"/v1/notes/{note}")) == (405, "method_not_allowed")


def line(command: str = "PinNote", **members: Any) -> dict[str, Any]:
    body = {"title": "hello"} if command == "PinNote" else {}
    return {"command_id": str(uuid4()), "aggregate": "Note", "command": command, "body": body} | members


async def bulk(http: httpx.AsyncClient, *lines: dict[str, Any] | bytes) -> list[dict[str, Any]]:
    content = b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines)
    answer = await http.post(
        "/v1/commands", content=content, headers={"Content-Type": "application/x-ndjson"}
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(outcome) for outcome in answer.text.splitlines()]


async def test_many_commands_are_answered_line_by_line_in_order(http: httpx.AsyncClient) -> None:
    note = (await pin(http)).json()["id"]
    stamps = [line("StampNote", id=note) for _ in range(10)]
    outcomes = await bulk(http, *stamps, line())
    assert [o["status"] for o in outcomes] == [200] * 10 + [201]
    assert [o["version"] for o in outcomes] == [*range(2, 12), 1]
    assert [o["line"] for o in outcomes] == list(range(1, 12))
    assert outcomes[0]["at_least"].startswith("board:")
    again = await bulk(http, stamps[3])
    assert (again[0]["version"], again[0]["replayed"]) == (5, True)


async def test_a_bad_line_never_fails_its_neighbours(http: httpx.AsyncClient) -> None:
    note = (await pin(http)).json()["id"]
    outcomes = await bulk(
        http,
        line(),
        b'{"a": NaN}',
        b"\xff",
        b"",
        b'{"big": "' + b"a" * 65_536 + b'"}',
        line("StampNote", id=note, body={"times": 11}),
        line("StampNote", id=note, body={"times": "1"}),
        line("StampNote"),
        line(id=note),
        line("Unknown"),
        line(aggregate="Goal"),
        line("StampNote", id=note, if_match=7),
        line(body={"title": "crash"}),
        line(body=[]),
        line(command_id="x"),
        line("StampNote", id=str(uuid4())),
        line("StampNote", id=note, if_match=1),
        b"",
    )
    assert [o.get("code", o["status"]) for o in outcomes] == [
        201, "json_not_finite", "json_not_utf8", "too_large", "note_already_full", "command_invalid",
        "line_invalid", "line_invalid", "command_unknown", "command_unknown", "stale_version", "internal",
        "line_invalid", "line_invalid", "not_found", 200,
    ]  # fmt: skip
    assert [o["line"] for o in outcomes] == [1, 2, 3, *range(5, 18)]
    assert outcomes[5]["errors"][0]["pointer"] == "/body/times"
    assert "command_id" in outcomes[5]
    assert len({o["trace_id"] for o in outcomes if "trace_id" in o}) == 1


async def test_the_same_command_by_either_door_is_the_same_request(http: httpx.AsyncClient) -> None:
    headers = key()
    first = (await http.post("/v1/notes", json={"title": "hello"}, headers=headers)).json()
    (outcome,) = await bulk(http, line(command_id=headers["Idempotency-Key"]))
    assert (outcome["id"], outcome["replayed"]) == (first["id"], True)


async def test_many_lines_are_limited(http: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/x-ndjson"}
    empty = b"\n" * 8 * 1024 * 1024  # split, they would keep everybody else waiting for half a second
    for content in (b"{}\n" * 10_001, b"{}\n" * 10_000 + b"{}", b" " * (8 * 1024 * 1024 + 1), empty):
        answer = await http.post("/v1/commands", content=content, headers=headers)
        assert code(answer) == (413, "too_large")
    assert code(await http.post("/v1/commands", content=b"{}", headers=JSON)) == (415, "content_type")
    assert (await bulk(http)) == []


async def test_reads_of_the_service_know_who_reads_and_speak_the_same_problems(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.get(f"/v1/boards/{uuid4()}", headers={"At-Least": "goals:1:5"})
    assert answer.json() == {"by": f"person:{PERSON}", "limit": 10}
    assert (await http.get("/v1/plain")).json() == {"by": f"person:{PERSON}"}
    for path, expected in [
        (f"/v1/boards/{uuid4()}?limit=many", (422, "request_invalid")),
        ("/v1/boards/x", (422, "request_invalid")),
    ]:
        assert code(await http.get(path)) == expected
    for path in (f"/v1/boards/{uuid4()}", "/v1/plain"):
        assert code(await http.get(path, headers={"Authorization": ""})) == (401, "token_missing")
        assert code(await http.get(path, headers={"At-Least": "goals:1:1000"})) == (503, "behind")
        assert code(await http.post(path)) == (405, "method_not_allowed")


async def test_readiness_tells_what_is_missing_and_health_only_lives(
    http: httpx.AsyncClient, service: Service
) -> None:
    anonymous = {"Authorization": ""}
    ready = await http.get("/readyz", headers=anonymous)
    assert (ready.status_code, ready.json()) == (
        200,
        {
            "status": "ready",
            "service": "board",
            "pid": os.getpid(),
            "position": 7,
            "relay": {"lag": 0},
            "projector": {"goals": 0},
            "parked": 0,
            "checks": {"database": "ok"},
        },
    )
    for trouble, said in [(NotReady("no answer"), "no answer"), (OSError("secret"), "OSError")]:
        service.trouble = trouble
        answer = await http.get("/readyz", headers=anonymous)
        assert (answer.status_code, answer.json()["checks"]) == (503, {"database": said})
        assert (await http.get("/healthz", headers=anonymous)).json() == {
            "status": "alive",
            "service": "board",
        }


async def test_commands_and_requests_are_counted_by_what_became_of_them(http: httpx.AsyncClient) -> None:
    await pin(http)
    await pin(http, title="unique")
    await pin(http, title="unique")
    await http.get("/v1/some/where/secret")
    text = (await http.get("/metrics")).text
    assert 'chalkline_commands_total{outcome="committed"}' in text
    assert 'chalkline_commands_total{outcome="claim_taken"}' in text
    assert 'chalkline_http_seconds_count{method="POST",route="/v1/notes",status="201"}' in text
    assert 'route="unknown",status="404"' in text
    assert "secret" not in text
    await http.get(f"/v1/boards/{uuid4()}")
    assert 'route="/v1/boards/{board_id}"' in (await http.get("/metrics")).text


async def test_who_comes_to_the_root_is_told_where_to_look(http: httpx.AsyncClient) -> None:
    told = (await http.get("/", headers={"Authorization": ""})).json()
    for named in ("openapi", "asyncapi", "health", "metrics"):
        assert (await http.get(told[named], headers={"Authorization": ""})).status_code == 200


async def test_the_documents_name_every_door_and_every_event(http: httpx.AsyncClient) -> None:
    openapi = (await http.get("/openapi.json", headers={"Authorization": ""})).json()
    assert openapi["openapi"].startswith("3.1")
    assert {e.path for e in entrances([NOTE, CLUB])} <= set(openapi["paths"])
    for path in ("/v1/notes/{id}", "/v1/commands", "/v1/boards/{board_id}", "/v1/plain", "/readyz"):
        assert path in openapi["paths"]
    operations = [o for path in openapi["paths"].values() for o in path.values()]
    assert len({o["operationId"] for o in operations}) == len(operations)
    for schema in references(openapi):
        assert resolved(openapi, schema), schema
    asyncapi = (await http.get("/asyncapi.json")).json()
    assert asyncapi["asyncapi"] == "3.0.0"
    addresses = {channel["address"] for channel in asyncapi["channels"].values()}
    assert "ev.board.{partition}.{tenant}.Note.NotePinned" in addresses
    assert {o["action"] for o in asyncapi["operations"].values()} == {"send", "receive"}
    for schema in references(asyncapi):
        assert resolved(asyncapi, schema), schema


def references(document: Any) -> list[str]:
    match document:
        case dict():
            own = [document["$ref"]] if isinstance(document.get("$ref"), str) else []
            return own + [ref for inner in document.values() for ref in references(inner)]
        case list():
            return [ref for inner in document for ref in references(inner)]
    return []


def resolved(document: Any, reference: str) -> Any:
    for step in reference.removeprefix("#/").split("/"):
        document = document[step.replace("~1", "/").replace("~0", "~")]
    return document


async def test_who_goes_away_in_the_middle_hurts_nobody(service: Service) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = {**service.issuer.person(), **key(), **JSON}
    scope = {
        "type": "http", "method": "POST", "path": "/v1/notes", "raw_path": b"/v1/notes", "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "root_path": "", "scheme": "http", "server": ("board", 80), "client": ("c", 1), "http_version": "1.1",
    }  # fmt: skip
    await service.app(scope, receive, send)
    assert sent == []


async def test_many_at_once_on_one_aggregate_all_get_their_turn(http: httpx.AsyncClient) -> None:
    note = (await pin(http)).json()["id"]
    answers = await asyncio.gather(
        *(http.post(f"/v1/notes/{note}/stamp-note", json={}, headers=key()) for _ in range(10))
    )
    assert sorted(answer.json()["version"] for answer in answers) == list(range(2, 12))


def test_a_command_that_would_take_a_naive_time_opens_no_door() -> None:
    from datetime import datetime

    class Meet(Command):
        at: list[datetime | None]

    naive = Aggregate(**{**{f: getattr(NOTE, f) for f in NOTE.__dataclass_fields__}, "begins": (Meet,)})
    with pytest.raises(TypeError, match="Meet takes naive times"):
        list(entrances([naive]))
    assert kebab_case("PinBlankNote") == "pin-blank-note"


async def of_each(http: httpx.AsyncClient, *sent: Any) -> list[int]:
    return [answer.status_code for answer in await asyncio.gather(*sent)]


async def test_a_flood_of_one_district_is_refused_on_every_door_and_another_is_not(
    service: Service, http: httpx.AsyncClient
) -> None:
    note = (await pin(http)).json()["id"]
    others = service.issuer.person(tenant=OTHER)
    assert (await http.get("/v1/plain", headers=others)).status_code == 200
    for path in (f"/v1/notes/{note}", "/v1/plain", "/v1/boards/" + str(OTHER)):
        told = await of_each(http, *(http.get(path) for _ in range(40)))
        assert set(told) == {200, 429}, path
        assert (await http.get("/v1/plain", headers=others)).status_code == 200
    told = await of_each(http, *(pin(http) for _ in range(40)))
    assert set(told) == {201, 429}
    stamp = f"/v1/notes/{note}/stamp-note"
    told = await of_each(http, *(http.post(stamp, json={}, headers=key()) for _ in range(40)))
    assert set(told) == {200, 429}
    refused = [
        answer
        for answer in await asyncio.gather(*(http.get("/v1/plain") for _ in range(40)))
        if answer.is_error
    ]
    assert code(refused[0]) == (429, "rate_limited")
    assert refused[0].headers["ratelimit-policy"] == '"district";q=20;w=1'
    assert (await http.get(f"/v1/notes/{note}", headers=others)).status_code == 404  # answered, not refused
    assert set(await of_each(http, *(http.get("/healthz") for _ in range(100)))) == {200}
    assert service.limits.at_work(By(TENANT))._room.inside == 0, "whoever was answered left"


async def test_the_lines_of_a_bulk_request_go_at_their_pace(
    service: Service, http: httpx.AsyncClient
) -> None:
    await http.get("/v1/plain", headers=service.issuer.person(tenant=OTHER))
    lines = [
        {"command_id": str(uuid4()), "aggregate": "Note", "command": "PinNote", "body": {"title": "hello"}}
    ] * 8
    began = asyncio.get_running_loop().time()
    answer = await http.post(
        "/v1/commands",
        content="\n".join([*(json.dumps(line | {"command_id": str(uuid4())}) for line in lines), *["{"] * 7]),
        headers={"Content-Type": "application/x-ndjson"},
    )
    told = [json.loads(line)["status"] for line in answer.text.splitlines()]
    assert told == [201] * 8 + [400] * 7
    assert asyncio.get_running_loop().time() - began > 0.45, (
        "ten of fifteen waited, a twentieth of a second each"
    )


async def test_a_flood_of_broken_tokens_goes_no_faster_than_it_is_told(
    service: Service, http: httpx.AsyncClient
) -> None:
    began = asyncio.get_running_loop().time()
    broken = {"Authorization": "Bearer " + service.issuer.person()["Authorization"][7:-4] + "AAAA"}
    for _ in range(2):
        told = await of_each(http, *(http.get("/v1/plain", headers=broken) for _ in range(100)))
        assert set(told) == {401}
    assert asyncio.get_running_loop().time() - began > 0.2
    assert (await http.get("/v1/plain")).status_code == 200
