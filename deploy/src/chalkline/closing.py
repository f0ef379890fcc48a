"""A district leaves: it takes everything along, is closed, and every service blanks what it has of it.

Directory decides that it is closed, and each service blanks its own; this sees to their order, and goes on where it was
when it is asked again. What is told while it is taken along, and until it is closed, is taken along afterwards.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import httpx
from backbone.queries import Queries
from chalkline_contracts.event import catalogue

from chalkline import asking, databases, delegating, disk, exporting, issuer, mails
from chalkline.clock import standing
from chalkline.coaching import persistent
from chalkline.export_folder import MANIFEST
from chalkline.problem import Problem
from chalkline.services import Service
from chalkline.state import State

sql = Queries("chalkline", "sql/queries")

WITHIN: Final = 120.0
"""Seconds in which every service must have heard."""
SETTLED: Final = 5.0
"""Seconds after which what was under way anywhere when it was closed has ended."""
Progress = Callable[[str], None]
Logs = dict[str, asyncpg.Connection]


@dataclass(frozen=True, slots=True)
class Asked:
    state: State
    tenant: UUID
    to: Path | None
    """Where everything is taken along to, or was by an earlier call. What is told meanwhile goes to `<to>.since`."""


async def certified(asked: Asked, progress: Progress) -> dict[str, Any]:
    """Takes the district along, closes and blanks it; what each service tells of that. Raises Problem."""
    services = delegating.chosen(asked.state, [])
    token = issuer.token(asked.state, issuer.Bearer("operator", "operator", str(asked.tenant)))
    headers = {"Authorization": f"Bearer {token}"}
    async with AsyncExitStack() as stack:
        logs = await stack.enter_async_context(databases.reading(services))
        http = await stack.enter_async_context(asking.async_client(timeout=30, headers=headers))
        await _no_holds(logs, asked.tenant)
        taken = await _taken_along(asked, logs, progress)
        await _close(http, services[0], asked.tenant, progress)
        await _heard(http, services, logs, asked.tenant, progress)
        since = await _since(asked, logs, taken, progress) if taken and asked.to else 0
        mails_deleted = _forget_mails(
            asked.state, await logs["directory"].fetch(sql.addresses_of_district, asked.tenant)
        )
    # Directory is the last: the others read there what stays of the district.
    told = {one.name: await _blank(one, asked.tenant, progress) for one in reversed(services)}
    progress("letting go of write-ahead log")
    return {
        "tenant": str(asked.tenant),
        "certified_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "taken_along": {"to": str(asked.to), "exported_at": taken["exported_at"], "since": since}
        if taken
        else None,
        "services": {
            one.name: {what: told[one.name][what] for what in ("events", "words", "states")}
            for one in services
        },
        "kept": sum(one["kept"] for one in told.values()),
        "mails_deleted": mails_deleted,
        "wal_files": await disk.let_go_of_wal(asked.state),
    }


async def _no_holds(logs: Logs, tenant: UUID) -> None:
    if holds := await logs["directory"].fetchval(sql.holds_of_district, tenant):
        raise Problem(
            f"legal holds stand on people of this district: {holds} (legal_hold)",
            "nothing more is changed while they do; who may lift them is in docs/erasure.md",
        )


async def _taken_along(asked: Asked, logs: Logs, progress: Progress) -> dict[str, Any] | None:
    """The manifest of the export, made now or by an earlier call; None: nothing can be taken along any more."""
    if asked.to is not None and (asked.to / MANIFEST).exists():
        return _manifest(asked.to, asked.tenant)
    if any([await db.fetchval(sql.blanked, asked.tenant) for db in logs.values()]):
        return None
    if asked.to is None:
        raise Problem(
            "where is the district taken along to?", "name a folder: --to FOLDER; nothing was changed"
        )
    progress("taking everything along")
    with exporting.cut_off():
        return await exporting.export(_whole(asked), asked.to, progress)


def _whole(asked: Asked) -> exporting.Asked:
    return exporting.Asked(asked.state, asked.tenant, "csv", None, with_words=True)


def _manifest(folder: Path, tenant: UUID) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        if told["district"] == str(tenant) and told["with_words"]:
            return told
    except (OSError, ValueError, LookupError, TypeError):
        pass
    raise Problem(
        f"{folder} is no export of this district with its words", "name another folder; nothing was changed"
    )


async def _close(http: httpx.AsyncClient, directory: Service, tenant: UUID, progress: Progress) -> None:
    progress("closing")
    key = {"Idempotency-Key": str(uuid4())}
    url = f"{directory.url}/v1/districts/{tenant}/close-district"
    answer = await persistent(lambda: http.post(url, json={}, headers=key))
    told = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    if answer.is_success or told.get("code") == "district_not_open":  # closed before
        return
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise Problem(f"there is no district {tenant}", "give a district's UUID, or a persona of it")
    raise Problem(
        f"directory does not close it: {told.get('code', answer.status_code)}", "nothing was closed"
    )


async def _heard(
    http: httpx.AsyncClient, services: Sequence[Service], logs: Logs, tenant: UUID, progress: Progress
) -> None:
    """Returns when every service has heard, what was under way there has ended, and everybody knows it."""
    deadline = time.monotonic() + WITHIN

    async def until(what: str, waiting: Callable[[], Any]) -> None:
        while behind := await waiting():
            if time.monotonic() > deadline:
                raise Problem(
                    f"{', '.join(behind)} {what} within {WITHIN:.0f} s",
                    "look at: chalkline status, chalkline parked list; then do this again: it goes on where it was",
                )
            progress(f"waiting for {', '.join(behind)}")
            await asyncio.sleep(0.1)

    async def deaf() -> list[str]:
        return [name for name, db in logs.items() if not await db.fetchval(sql.heard_closed, tenant)]

    async def behind() -> list[str]:
        found = {one.name: await standing(http, one, tenant) for one in services}
        return [
            name
            for name, at in found.items()
            if at.queued or any(through < found[source].position for source, through in at.read.items())
        ]

    await until("did not hear that it is closed", deaf)
    await asyncio.sleep(SETTLED)
    await until("did not catch up", behind)


async def _since(asked: Asked, logs: Logs, taken: dict[str, Any], progress: Progress) -> int:
    """Takes along what was told after the export, into a folder beside it; how many events. Raises Problem."""
    assert asked.to is not None
    beside = asked.to.with_name(f"{asked.to.name}.since")
    later = _manifest(beside, asked.tenant) if (beside / MANIFEST).exists() else None
    ends = dict.fromkeys(logs, 0) | _ends(taken) | (_ends(later) if later else {})
    if await _more(logs, asked.tenant, ends):
        if later:
            raise Problem(
                f"something was told after {beside} was written; nothing is blanked", "move it away"
            )
        progress("taking along what was told meanwhile")
        with exporting.cut_off():
            later = await exporting.since(_whole(asked), beside, ends, progress)
    return sum(one["rows"] for one in later["files"] if one["kind"] == "events") if later else 0


def _ends(manifest: dict[str, Any]) -> dict[str, int]:
    """Up to where each service's log was taken along."""
    return {one["service"]: one["last_position"] for one in manifest["files"] if "last_position" in one}


async def _more(logs: Logs, tenant: UUID, ends: dict[str, int]) -> int:
    """How many events that would be blanked were told after these positions."""
    told = 0
    for name, db in logs.items():
        stays = [event for (owner, event), contract in catalogue.items() if owner == name and contract.stays]
        told += await db.fetchval(sql.told_since, tenant, ends[name], stays)
    return told


def _forget_mails(state: State, addresses: Sequence[Any]) -> int:
    """Mails to people of it that were caught on this machine, which stands in for a mail server; how many."""
    theirs = {mail.file for row in addresses for mail in mails.caught(state.mail, to=row["words"])}
    for file in theirs:
        Path(file).unlink(missing_ok=True)
    return len(theirs)


async def _blank(service: Service, tenant: UUID, progress: Progress) -> dict[str, Any]:
    progress(f"blanking {service.name}")
    told, _ = await delegating.gather([service], ["blank-district", "--tenant", str(tenant)], acts=True)
    answer: dict[str, Any] = told[service.name]
    if "events" not in answer:
        what = answer.get("code") or answer.get("error", "")[:300]
        raise Problem(f"{service.name} did not blank it: {what}", "do this again: it goes on where it was")
    return answer
