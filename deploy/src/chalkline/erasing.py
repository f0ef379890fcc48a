"""Erasing a person, from asking directory to the certificate: what each service attests, and where a name still is.

Nothing of this is needed for the erasure itself, which directory decides and every service carries out; it waits for
that, has the disk let go of what was deleted, and then looks everywhere for the names and addresses that were known.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
from backbone.queries import Queries
from backbone.searching import bytes_of

from chalkline import asking, databases, delegating, disk, issuer, mails, register
from chalkline.coaching import persistent
from chalkline.problem import Problem
from chalkline.services import Service
from chalkline.state import State

sql = Queries("chalkline", "sql/queries")

WITHIN: Final = 300.0
"""Seconds in which every service must have attested."""
SHORTEST: Final = 4
"""Characters: what is shorter is found everywhere."""
MOST_REFS: Final = 500
"""References of texts that are asked for at once."""

AGAIN: Final = "erase again, with --words: it goes on where it was, but may know no name of theirs any more"

Progress = Callable[[str], None]


@dataclass(slots=True)
class Asked:
    """Whom to erase, and what else is asked."""

    state: State
    tenant: UUID
    person: UUID
    mentions: bool
    """Whether texts of others in which the name is found are erased too; not what is the district's record."""
    words: Sequence[str] = ()
    """What else to look for."""
    also: Sequence[Path] = ()
    """Where else to look: exports, dumps."""


@dataclass(slots=True)
class Looked:
    """What was looked at, and where something was found."""

    searched: dict[str, int] = field(default_factory=dict)
    found: list[dict[str, Any]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)


class Erasing:
    """One erasure, step by step."""

    def __init__(self, asked: Asked, progress: Progress) -> None:
        self._asked, self._progress = asked, progress
        self._services = delegating.chosen(asked.state, [])
        self._directory = self._services[0]
        self._http = _as_operator(asked.state, asked.tenant)
        self._held: dict[str, int] = {}
        """How many texts legal holds on others keep, by erasure and service."""

    async def __call__(self) -> dict[str, Any]:
        """The certificate. Raises Problem; a refusal names its code."""
        async with self._http:
            return await self._all()

    async def _all(self) -> dict[str, Any]:
        asked = self._asked
        status = await self.person()
        known = await self._known()
        if status["status"] == "erased":
            erasure_id = status["erasure_id"]
            await self._register()
        else:
            erasure_id = await self._ask("request-erasure", {})
        attested = {erasure_id: await self._attested(erasure_id)}
        words = [word for word in dict.fromkeys((*known, *asked.words)) if len(word) >= SHORTEST]
        mails_deleted = self._forget_mails((*known, *asked.words))
        rewritten, wal = await self._rewrite()
        looked = await self._look(words, anew=not rewritten)
        refs = mentions(looked.texts)
        if asked.mentions and refs:
            for at in range(0, len(refs), MOST_REFS):
                widened = await self._ask("erase-mentions", {"refs": refs[at : at + MOST_REFS]})
                attested[widened] = await self._attested(widened)
            rewritten, wal = await self._rewrite()
            looked = await self._look(words, anew=not rewritten)
        return {
            "person_id": str(asked.person),
            "tenant": str(asked.tenant),
            "erasure_id": erasure_id,
            "certified_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "attested": attested,
            "erased": sum(n for of_one in attested.values() for n in of_one.values()),
            "held": sum(self._held.values()),
            "kept_by_old_transactions": rewritten,
            "wal_files": wal,
            "mails_deleted": mails_deleted,
            "looked_for": {
                "known": len(known),
                "words": len(words),
                "too_short": len(known) + len(asked.words) - len(words),
            },
            "searched": looked.searched,
            "found": looked.found,
            "unread": looked.unread,
            "texts": looked.texts,
            "clean": bool(words) and not looked.found and not any(self._held.values()),
        }

    async def person(self) -> dict[str, Any]:
        """What directory tells an operator of them. Raises Problem where there is nobody."""
        answer = await self._got(f"{self._directory.url}/v1/people/{self._asked.person}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise Problem(f"nobody of the district {self._asked.tenant} is {self._asked.person}")
        data: dict[str, Any] = _checked(answer)["data"]
        return data

    async def _got(self, url: str) -> httpx.Response:
        return await persistent(lambda: self._http.get(url))

    async def _known(self) -> list[str]:
        """Names and addresses, from where they are about to go. Who is run again once they have gone knows none: they
        are kept nowhere else, and the certificate says so.
        """
        async with databases.reading([self._directory]) as logs:
            rows = await logs["directory"].fetch(sql.names_of_person, self._asked.tenant, self._asked.person)
        return [row["words"] for row in rows]

    async def _register(self) -> None:
        """What was asked before, by whomever, is in the register from now on."""
        asked = self._asked
        there = {entry.command_id for entry in register.entries(asked.state)}
        async with databases.reading([self._directory]) as logs:
            rows = await logs["directory"].fetch(sql.erasures_asked, asked.tenant, asked.person)
        for row in rows:
            command_id = UUID(row["command_id"])
            mentions = row["type"] == "MentionsErasureRequested"
            command = "erase-mentions" if mentions else "request-erasure"
            body = {"refs": json.loads(row["refs"])} if mentions else {}
            if command_id not in there:
                entry = register.Entry(asked.tenant, asked.person, command, command_id, body)
                register.keep(asked.state, entry)

    async def _ask(self, command: str, body: dict[str, Any]) -> str:
        """Has directory decide, and notes it in the register; the erasure's id."""
        asked, command_id = self._asked, uuid4()
        entry = register.Entry(asked.tenant, asked.person, command, command_id, body)
        return await ask(self._http, asked.state, self._directory, entry)

    async def _attested(self, erasure_id: str) -> dict[str, int]:
        found: dict[str, int] = {}
        until = time.monotonic() + WITHIN
        while len(found) < len(self._services):
            for service in self._services:
                answer = await self._got(f"{service.url}/v1/erasures/{erasure_id}")
                if answer.is_success:
                    told = answer.json()["data"]
                    found[service.name] = told["n_items"]
                    self._held[f"{erasure_id} {service.name}"] = told["n_held"]
            waiting = [service.name for service in self._services if service.name not in found]
            if waiting and time.monotonic() > until:
                raise Problem(
                    f"{', '.join(waiting)} attested nothing within {WITHIN:.0f} s",
                    f"look at: chalkline status, chalkline parked list; then {AGAIN}",
                )
            self._progress(f"waiting for {', '.join(waiting)}" if waiting else "attested")
            await asyncio.sleep(0.1)
        return found

    async def _rewrite(self) -> tuple[int, int]:
        self._progress("writing private words anew")
        answers, _ = await delegating.gather(self._services, ["rewrite-words"], acts=True)
        if failed := [name for name, answer in answers.items() if "kept" not in answer]:
            raise Problem(f"{', '.join(failed)} could not write its words anew", AGAIN)
        self._progress("letting go of write-ahead log")
        return sum(answer["kept"] for answer in answers.values()), await disk.let_go_of_wal(self._asked.state)

    def _forget_mails(self, words: Sequence[str]) -> int:
        """Mails to them that were caught on this machine, which stands in for a mail server."""
        addresses = [word for word in words if "@" in word]
        theirs = [mail for address in addresses for mail in mails.caught(self._asked.state.mail, to=address)]
        for file in {mail.file for mail in theirs}:
            Path(file).unlink(missing_ok=True)
        return len({mail.file for mail in theirs})

    async def _look(self, words: Sequence[str], *, anew: bool) -> Looked:
        """`anew`: every table of words was written without a row that was erased."""
        looked = Looked()
        if not words:
            return looked
        self._progress("looking through databases and streams")
        given, job = "".join(f"{word}\n" for word in words), ["search", "--tenant", str(self._asked.tenant)]
        answers, _ = await delegating.gather(self._services, job, given=given, acts=True)
        others: list[str] = []
        for name, answer in answers.items():
            if "tables" not in answer:
                raise Problem(f"{name} could not be searched: {answer.get('error', '')[:300]}")
            for count in ("tables", "rows", "messages"):
                looked.searched[count] = looked.searched.get(count, 0) + answer[count]
            looked.found += [{"service": name, **place} for place in answer["places"]]
            looked.texts += [{"service": name, **text} for text in answer["texts"]]
            others += answer["files_of_others"]
        self._progress("looking through files")
        state = self._asked.state
        files = await asyncio.to_thread(disk.look_through, [state.home, *self._asked.also], bytes_of(words))
        looked.searched |= {"files": files.files, "bytes": files.bytes}
        due = disk.due_to(state, others) if anew else set()
        looked.found += [{"file": str(path)} for path in files.found if path.resolve() not in due]
        looked.found += [
            {"file": mail.file}
            for mail in mails.caught(state.mail)  # as their reader sees them, however they are encoded
            if Path(mail.file) not in files.found
            and any(
                word.lower() in f"{mail.to} {mail.subject} {mail.text} {mail.html}".lower() for word in words
            )
        ]
        looked.unread = [str(path) for path in files.unread]
        return looked


def mentions(texts: Sequence[dict[str, Any]]) -> list[str]:
    """The references of texts that go with whom they mention. A namesake keeps their name, and a model its wording."""
    return [text["ref"] for text in texts if not text["record"]]


async def certified(asked: Asked, progress: Progress) -> dict[str, Any]:
    """Erases somebody, and tells what each service attests and where a word was found. Raises Problem."""
    return await Erasing(asked, progress)()


async def ask(http: httpx.AsyncClient, state: State, directory: Service, entry: register.Entry) -> str:
    """Has directory decide what an entry of the register says, and keeps it there; the erasure's id."""
    _checked(await _sent(http, directory, entry))
    register.keep(state, entry)
    return str(entry.erasure_id)


async def replay(state: State, progress: Progress) -> dict[str, int]:
    """Asks once more for every erasure in the register, as after a log was kept that had lost some; then words are
    told again.
    """
    directory, counts = delegating.chosen(state, ["directory"])[0], {"asked": 0, "known": 0, "unknown": 0}
    for entry in register.entries(state):
        progress(f"erasure {entry.erasure_id}")
        async with _as_operator(state, entry.tenant) as http:
            answer = await _sent(http, directory, entry)
        if answer.is_success:
            counts["known" if answer.headers.get("idempotent-replayed") else "asked"] += 1
        elif answer.status_code == httpx.codes.NOT_FOUND:
            counts["unknown"] += 1  # the log that was kept is from before they were enrolled
        elif answer.json().get("code") == "person_erased":
            counts["known"] += 1
        else:
            _checked(answer)
    await delegating.gather([directory], ["release-words"], acts=True)
    return counts


async def _sent(http: httpx.AsyncClient, directory: Service, entry: register.Entry) -> httpx.Response:
    url = f"{directory.url}/v1/people/{entry.person_id}/{entry.command}"
    key = {"Idempotency-Key": str(entry.command_id)}
    return await persistent(lambda: http.post(url, json=entry.body, headers=key))


def _as_operator(state: State, tenant: UUID) -> httpx.AsyncClient:
    token = issuer.token(state, issuer.Bearer("operator", "operator", str(tenant)))
    headers = {"Authorization": f"Bearer {token}"}
    return asking.async_client(timeout=30, headers=headers)


def _checked(answer: httpx.Response) -> dict[str, Any]:
    try:
        told: dict[str, Any] = answer.json()
    except ValueError:
        told = {}
    if not answer.is_success:
        what = told.get("detail") or told.get("title") or answer.reason_phrase
        raise Problem(f"{what} ({told.get('code', answer.status_code)})")
    return told
