"""Looking for words everywhere a service keeps anything: every column of every table, every message of its stream.

For who erased somebody and wants to know whether a name is left anywhere. What is found is told by where it lies, never
by what it says.
"""

import json
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg
from nats.aio.client import Client

from backbone import streams
from backbone.deciding import EVERYWHERE
from backbone.queries import Queries

sql = Queries("backbone", "sql/queries")

SUBJECT: Final = 6
"""Tokens of an event's subject; the fourth is its district."""
MOST: Final = 1000
"""References that are told of texts with these words."""


@dataclass(slots=True)
class Found:
    """What a search looked at, and where it found something."""

    tables: int = 0
    rows: int = 0
    messages: int = 0
    places: list[dict[str, Any]] = field(default_factory=list)
    """`{"table" or "stream", "n"}`: how many rows or messages have one of the words."""
    texts: list[dict[str, Any]] = field(default_factory=list)
    """Private words with one of them: `{"ref", "tenant", "aggregate", "id", "record"}`; whether it is the district's
    record (`Aggregate.writers`), such as a namesake's name."""
    files_of_others: list[str] = field(default_factory=list)
    """Where one district was looked through: PostgreSQL's files of tables in which others have one of the words."""


def spellings(words: Sequence[str]) -> list[str]:
    """How words may be written: as they are, and as JSON escapes them."""
    return list(dict.fromkeys(spelled for word in words for spelled in (word, json.dumps(word)[1:-1])))


def bytes_of(words: Sequence[str]) -> list[bytes]:
    """The same in bytes, where capitals cannot be disregarded: as they are, in small letters, and in capitals."""
    told = (form(spelled) for spelled in spellings(words) for form in (str, str.lower, str.upper))
    return list(dict.fromkeys(one.encode() for one in told))


async def search(
    owner: asyncpg.Connection,
    client: Client,
    service: str,
    words: Sequence[str],
    *,
    records: Container[str] = (),
    tenant: UUID | None = None,
) -> Found:
    """Looks through a database as its owner, and through the service's stream. `records`: kinds of aggregates whose
    texts are the district's record. Of one district and of what is no district's, if `tenant` is given: how others'
    people are called is none of its business.
    """
    wanted, raw, found = [s.lower() for s in spellings(words)], bytes_of(words), Found()
    for table in await owner.fetch(sql.columns_to_search):
        name = f'"{table["schema"]}"."{table["name"]}"'
        looked = await owner.fetchrow(_looking(name, table), wanted, raw, tenant)
        assert looked is not None
        n, hits, others = looked
        if others:
            found.files_of_others += await owner.fetchval(sql.files_of_table, name)
        found.tables, found.rows = found.tables + 1, found.rows + n
        if hits:
            found.places.append({"table": f"{table['schema']}.{table['name']}", "n": hits})
    found.texts = [
        {
            "ref": str(row["ref"]), "tenant": str(row["tenant"]), "aggregate": row["kind"], "id": str(row["stream_id"]),
            "record": row["kind"] in records,
        }
        for row in await owner.fetch(sql.texts_with, wanted, MOST, tenant)
    ]  # fmt: skip
    await _through_stream(client, service, [word.encode() for word in wanted], found, tenant)
    return found


def _looking(name: str, table: Any) -> str:
    """A query over one table: how many rows, how many that have one of the words ($1 as text, $2 as bytes), both of the
    district ($3) alone where one is given, and whether one of another district has.
    """
    of_bytes = table["bytes"]
    texts = [
        f'position(word IN lower("{column}"::text)) > 0'
        for column in table["columns"]
        if column not in of_bytes
    ]
    raw = [f'position(word IN "{column}") > 0' for column in of_bytes]
    either = [
        f"EXISTS (SELECT FROM unnest({words}) AS word WHERE {' OR '.join(held)})"
        for words, held in (("$1::text[]", texts), ("$2::bytea[]", raw))
        if held
    ]
    whose = f" OR tenant IN ($3, '{EVERYWHERE}')" if table["of_tenant"] else " OR true"
    # All are named, so that PostgreSQL knows what they are.
    given = "cardinality($1::text[]) + cardinality($2::bytea[]) > 0"
    rows = f"SELECT $3::uuid IS NULL{whose} AS its, {given} AND ({' OR '.join(either)}) AS hit FROM {name}"  # noqa: S608 - names from the catalogue
    counted = "count(*) FILTER (WHERE its), count(*) FILTER (WHERE its AND hit), bool_or(hit AND NOT its)"
    return f"SELECT {counted} FROM ({rows}) AS looked"  # noqa: S608 - as above


async def _through_stream(
    client: Client, service: str, wanted: Sequence[bytes], found: Found, tenant: UUID | None
) -> None:
    info = await streams.info(client, service)
    hits = 0
    if info is not None:
        async for part in streams.read(client, service, after=0, through=info.state.last_seq):
            for message in part:
                if tenant is not None and _another(message.subject, tenant):
                    continue
                found.messages += 1
                headers = json.dumps(dict(message.headers), default=str).encode()
                said = b"\n".join((message.subject.encode(), message.payload, headers)).lower()
                hits += any(word in said for word in wanted)
    if hits:
        found.places.append({"stream": service, "n": hits})


def _another(subject: str, tenant: UUID) -> bool:
    """Whether it is surely about another district."""
    tokens = subject.split(".")
    return len(tokens) == SUBJECT and tokens[3] not in (str(tenant), str(EVERYWHERE))
