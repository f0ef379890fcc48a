"""A whole district, taken along: what its lists show, and every event of each service's log.

Events are as they are published, a CloudEvent a line, in the order of their log, read in one transaction a service.
Lists are asked over HTTP as the operator, or as an administrator where an operator may not. Private words, names among
them, come along only when they are asked for; what is its author's alone never does.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID

import asyncpg
import httpx
from backbone import ending
from backbone.queries import Queries
from backbone.spreadsheet import csv_lines
from backbone.wire import Unreadable, message, rfc3339
from chalkline_contracts import directory, goals, notifications, observations
from chalkline_contracts.event import catalogue
from pydantic_core import to_json

from chalkline import accountable, asking, databases, delegating, issuer
from chalkline.export_folder import Folder, folder
from chalkline.issuer import Bearer
from chalkline.problem import Problem
from chalkline.services import Service
from chalkline.state import State

sql = Queries("backbone", "sql/queries")

FORM: Final = 1
"""Of the folder; another number is another form."""
ROWS: Final = 1_000
"""How many are held at once."""
CONTRACTS: Final = (directory, goals, notifications, observations)
"""Imported for the catalogue of what may be in a log."""

Format = Literal["csv", "jsonl"]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that a service's OpenAPI tells of, or what it tells in rows of each thing of one."""

    service: Service
    path: str
    """With `{id}` in it where it is about one thing."""
    columns: Sequence[str]
    words: frozenset[str]
    """Those of its columns that are private words."""

    @property
    def name(self) -> str:
        return self.path.removeprefix("/v1/").replace("/{id}", "").replace("/", "-")

    @property
    def things(self) -> str | None:
        """The list of the things it is about one by one; None: it is a list itself."""
        return self.path.partition("/{id}/")[0] if "{id}" in self.path else None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be exported, and how."""

    state: State
    tenant: UUID
    format: Format
    as_: str | None
    """Whose eyes lists are seen with where an operator may not see them; None: the first administrator's."""
    with_words: bool


async def export(asked: Asked, target: Path, progress: Callable[[str], None]) -> dict[str, Any]:
    """Writes the folder and returns its manifest. Raises Problem, and then there is no folder."""
    services = delegating.chosen(asked.state, [])
    timeout = httpx.Timeout(30, read=120)
    async with (
        asking.async_client(timeout=timeout) as http,
        databases.reading(services) as logs,
    ):
        name = await _district(http, services[0], asked)
        readers = await _readers(http, services[0], asked)
        lists = [
            one
            for service in services
            for one in await _lists(http, service)
            if one.things is None or asked.as_ is not None
        ]
        told = accountable.exporting(http, services, _operator(asked), with_words=asked.with_words)
        async with told as taken:
            with folder(target) as out:
                for service in services:
                    progress(f"events of {service.name}")
                    taken[service.name] = await _log(logs[service.name], service.name, asked, out)
                kept_back = []
                for one in lists:
                    progress(f"{one.service.name}: {one.path}")
                    if not await _list(http, one, asked, readers, out):
                        kept_back.append({"service": one.service.name, "list": one.path})
                return out.manifest(
                    export=FORM,
                    district=str(asked.tenant),
                    **({"name": name} if asked.with_words else {}),
                    exported_at=rfc3339(datetime.now(UTC)),
                    format=asked.format,
                    with_words=asked.with_words,
                    seen_as=list(readers),
                    not_shown_to_them=kept_back,
                )


async def since(
    asked: Asked, target: Path, ends: Mapping[str, int], progress: Callable[[str], None]
) -> dict[str, Any]:
    """Writes what each service told after a position of its log, into a folder of its own: events, and with them every
    word. Returns its manifest. Raises Problem, and then there is no folder.
    """
    services = delegating.chosen(asked.state, [])
    async with asking.async_client(timeout=30) as http, databases.reading(services) as logs:
        told = accountable.exporting(http, services, _operator(asked), with_words=asked.with_words)
        async with told as taken:
            with folder(target) as out:
                for service in services:
                    progress(f"events of {service.name}")
                    after = ends[service.name]
                    taken[service.name] = await _log(logs[service.name], service.name, asked, out, after)
                return out.manifest(
                    export=FORM,
                    district=str(asked.tenant),
                    since=dict(ends),
                    exported_at=rfc3339(datetime.now(UTC)),
                    with_words=asked.with_words,
                )


async def _log(db: asyncpg.Connection, service: str, asked: Asked, out: Folder, after: int = 0) -> int:
    """The events of a service, and the words they refer to, as of one moment; how many events."""
    events = 0
    async with db.transaction(isolation="repeatable_read", readonly=True):
        with out.file(f"events/{service}.jsonl", kind="events", service=service) as file:
            rows = _of(db, sql.log_of_tenant, asked.tenant, after)
            async for some in rows:
                file.about.setdefault("first_position", some[0]["position"])
                file.about["last_position"] = some[-1]["position"]
                file.write(b"".join(_cloud_event(service, row) for row in some), len(some))
                events += len(some)
        if asked.with_words:
            own = [
                name for (owner, name), event in catalogue.items() if owner == service and event.tier == "C"
            ]
            with out.file(f"words/{service}.jsonl", kind="words", service=service) as file:
                async for some in _of(db, sql.words_of_tenant, asked.tenant, own):
                    file.write(b"".join(_words(row) for row in some), len(some))
    return events


async def _of(db: asyncpg.Connection, query: str, *arguments: Any) -> AsyncIterator[Sequence[Any]]:
    cursor = await db.cursor(query, *arguments)
    while rows := await cursor.fetch(ROWS):
        yield rows


def _cloud_event(service: str, row: Any) -> bytes:
    try:
        return message(service, row, "")[1] + b"\n"
    except Unreadable as error:
        raise Problem(
            f"{service}: event {row['event_id']} at position {row['position']} cannot be read: {error}",
            "export with the version of Chalkline that wrote it",
        ) from error


def _words(row: Any) -> bytes:
    return to_json({"ref": row["ref"], "aggregate_id": row["stream_id"], "words": row["words"]}) + b"\n"


async def _list(
    http: httpx.AsyncClient, one: Listing, asked: Asked, readers: Mapping[str, str], out: Folder
) -> bool:
    """Writes a list as the first of the readers to whom it is shown sees it; whether there is one."""
    for reader, token in readers.items():
        rows = _shown(http, one, token)
        if (first := await anext(rows, None)) is None:
            continue
        about = {"kind": "list", "service": one.service.name, "list": one.path, "as": reader}
        with out.file(f"lists/{one.service.name}/{one.name}.{asked.format}", **about) as file:
            if asked.format == "csv":
                file.write(csv_lines([one.columns]).encode(), 0)
            async for some in _chained(first, rows):
                shown = [row if asked.with_words else _without(row, one.words) for row in some]
                file.write(_written(shown, one.columns, asked.format), len(shown))
        return True
    return False


async def _chained(
    first: list[dict[str, Any]], rest: AsyncIterator[list[dict[str, Any]]]
) -> AsyncIterator[list[dict[str, Any]]]:
    yield first
    async for some in rest:
        yield some


async def _shown(http: httpx.AsyncClient, one: Listing, token: str) -> AsyncIterator[list[dict[str, Any]]]:
    """What a reader is shown of it, some rows at a time; nothing at all where it is not theirs to see.

    Of each thing of a list, in its order: those of which it is not shown are left out.
    """
    if one.things is None:
        async for rows in _read(http, f"{one.service.url}{one.path}", token):
            yield rows
        return
    async for things in _read(http, f"{one.service.url}{one.things}", token):
        for thing in things:
            own_id = next(iter(thing.values()))  # a row begins with what it is about
            path = one.path.replace("{id}", own_id)
            async for rows in _read(http, f"{one.service.url}{path}", token):
                yield rows


async def _read(http: httpx.AsyncClient, url: str, token: str) -> AsyncIterator[list[dict[str, Any]]]:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/jsonl"}
    async with http.stream("GET", url, headers=headers) as answer:
        if answer.status_code in (httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND, httpx.codes.GONE):
            return
        await _well(answer)
        async for rows in _rows(answer):
            yield rows


def _without(row: dict[str, Any], words: frozenset[str]) -> dict[str, Any]:
    return {name: None if name in words else value for name, value in row.items()}


def _written(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], form: Format) -> bytes:
    if form == "csv":
        return csv_lines([row.get(name) for name in columns] for row in rows).encode()
    return b"".join(to_json(row) + b"\n" for row in rows)


async def _rows(answer: httpx.Response) -> AsyncIterator[list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = []
    async for line in answer.aiter_lines():
        rows.append(json.loads(line))
        if len(rows) == ROWS:
            yield rows
            rows = []
    yield rows


async def _district(http: httpx.AsyncClient, service: Service, asked: Asked) -> str | None:
    """Its name; None when that was erased. Raises Problem where there is no such district."""
    headers = {"Authorization": f"Bearer {_operator(asked)}"}
    answer = await http.get(f"{service.url}/v1/districts/{asked.tenant}", headers=headers)
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise Problem(f"there is no district {asked.tenant}", "give a district's UUID, or a persona of it")
    await _well(answer)
    words: dict[str, str] = answer.json()["words"]
    return next(iter(words.values()), None)


async def _readers(http: httpx.AsyncClient, service: Service, asked: Asked) -> dict[str, str]:
    """By whose tokens lists are asked, in this order: the operator's, then an administrator's."""
    readers = {"operator": _operator(asked)}
    if asked.as_ is not None:
        whom = issuer.bearer(asked.state, asked.as_, asked.tenant)
        readers[f"{whom.kind}:{whom.sub}"] = issuer.token(asked.state, whom)
        return readers
    headers = {"Authorization": f"Bearer {readers['operator']}"}
    answer = await http.get(f"{service.url}/v1/people?role=administrator&limit=1", headers=headers)
    await _well(answer)
    for person in answer.json():
        whom = Bearer(person["person_id"], "person", str(asked.tenant))
        readers[f"person:{whom.sub}"] = issuer.token(asked.state, whom)
    return readers


def _operator(asked: Asked) -> str:
    return issuer.token(asked.state, Bearer("operator", "operator", str(asked.tenant)))


async def _lists(http: httpx.AsyncClient, service: Service) -> list[Listing]:
    """Every list of a service that is the district's, and what it tells in rows of each thing of a list."""
    answer = await http.get(f"{service.url}/openapi.json")
    await _well(answer)
    document = answer.json()
    return list(_told(service, document))


def _told(service: Service, document: dict[str, Any]) -> Iterator[Listing]:
    for path, operations in document["paths"].items():
        get = operations.get("get", {})
        content = get.get("responses", {}).get("200", {}).get("content", {})
        asked = {parameter["name"] for parameter in get.get("parameters", ()) if parameter.get("required")}
        if "application/jsonl" not in content or asked - {"id"} or get.get("x-own"):
            continue
        if columns := content["application/jsonl"]["schema"].get("x-columns"):
            yield Listing(service, path, columns, frozenset())
            continue
        row = content["application/json"]["schema"]["items"]["$ref"].rpartition("/")[2]
        columns = document["components"]["schemas"][row]["properties"]
        words = frozenset(name for name, told in columns.items() if told.get("x-words"))
        yield Listing(service, path, list(columns), words)


async def _well(answer: httpx.Response) -> None:
    """Raises Problem for whatever was not answered well."""
    if not answer.is_success:
        await answer.aread()
        told = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        code, title = told.get("code", "no answer"), told.get("title", "it says no more")
        raise Problem(f"{answer.url} was answered with {answer.status_code} {code}: {title}", "try again")


@contextmanager
def cut_off() -> Iterator[None]:
    """Says of an export that was cut off that it was. Raises Problem."""
    try:
        yield
    except (httpx.HTTPError, ConnectionError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Problem(f"the export was cut off: {error or type(error).__name__}", "begin it again") from error


def run(asked: Asked, target: Path, progress: Callable[[str], None]) -> dict[str, Any]:
    """`export`, from where nothing else runs. Raises Problem."""
    with cut_off():
        return ending.run(export(asked, target, progress))
