"""Commands that look into a platform: what runs, what arrives and why, whom to be, which mails were caught."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from backbone import ending
from backbone.entrances import uuid_in
from cyclopts import Parameter
from cyclopts.validators import Number
from rich.markup import escape

from chalkline import auditing, clock, databases, delegating, doctor, issuer, listening, mails, show, why
from chalkline import status as state_of
from chalkline.commands.asking import Home, Json, Services, platform, print_json
from chalkline.problem import Problem
from chalkline.state import State


def status(*, json: Json = False, home: Home = None) -> int:
    """What runs, where it answers and how far it is. Exits 0 if all is ready, 1 otherwise."""
    report = ending.run(state_of.status(State.at(home)))
    if json:
        print_json(report)
    else:
        show.status(report)
    return 0 if report["state"] == "ready" else 1


def doctor_(*, home: Home = None) -> int:
    """Look for what is missing or wrong, and say how to mend it."""
    marks = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "wrong": "[red]✗[/]"}
    wrong = 0
    for finding in doctor.examine(State.at(home)):
        wrong += finding.verdict == "wrong"
        show.line(f"{marks[finding.verdict]} {escape(finding.what)}")
        if finding.mend:
            show.line(f"  [dim]→[/] {escape(finding.mend)}")
    return 1 if wrong else 0


def token(
    *,
    as_: Annotated[str, Parameter("--as", help="A persona's name, a person's UUID, or `operator`.")],
    tenant: Annotated[UUID | None, Parameter(help="The district, where a persona does not tell it.")] = None,
    ttl: Annotated[
        timedelta, Parameter(help="How long it is valid, such as 30m or 8h; a day at most.")
    ] = timedelta(hours=1),
    home: Home = None,
) -> int:
    """A token of the local development issuer, on standard output."""
    state = platform(home)
    print(issuer.token(state, issuer.bearer(state, as_, tenant), ttl=ttl))
    return 0


def listen(
    subject: Annotated[
        str, Parameter(help="A service (`goals`) or a subject (`ev.goals.>`); everything unless given.")
    ] = "",
    /,
    *,
    json: Json = False,
    count: Annotated[
        int | None, Parameter(help="Stop after so many events.", validator=Number(gte=1))
    ] = None,
    home: Home = None,
) -> int:
    """Show events as they arrive over NATS, until Ctrl-C."""
    printed: Callable[[str], None] = (lambda text: print(text, flush=True)) if json else show.line
    state, subject = platform(home), listening.subject_of(subject)
    if not json:
        show.err.print(f"[dim]listening to {subject}; Ctrl-C ends it[/]")
    ending.run(listening.listen(state, subject, raw=json, show=printed, count=count))
    return 0


def why_(
    event: Annotated[str, Parameter(help="An event's id.")],
    /,
    *,
    district: Annotated[str, Parameter(help="Only if it is of this district: a UUID, or a persona.")] = "",
    json: Json = False,
    home: Home = None,
) -> int:
    """What led to an event, across services up to the command it began with, and what followed from it."""
    state, event_id = platform(home), _event_id(event)
    tenant = clock.district(state, district) if district else None

    async def chain() -> why.Chain:
        async with databases.reading(delegating.chosen(state, [])) as logs:
            return await why.why(logs, event_id, tenant)

    found = ending.run(chain())
    if json:
        print_json(found.document())
    else:
        show.why(found)
    return 0


def _event_id(text: str) -> UUID:
    try:
        return uuid_in(text)
    except ValueError:
        raise Problem(
            f"{text} is not an event's id",
            "an id has 36 characters, such as "
            "0198c2a4-7d3e-7b1a-9f00-3c2b1a000001; `chalkline listen --json` shows them",
        ) from None


def audit(
    *,
    tenant: Annotated[str, Parameter(help="Only what concerns this district: a UUID, or a persona.")] = "",
    service: Services = None,
    since: Annotated[
        timedelta | datetime | None, Parameter(help="A stretch of time, such as 7d, or a moment.")
    ] = None,
    operator: Annotated[str | None, Parameter(help="Only this operator's acts.")] = None,
    json: Json = False,
    home: Home = None,
) -> int:
    """What operators did, and to what, across services, oldest first."""
    state = platform(home)
    of = clock.district(state, tenant) if tenant else None
    if isinstance(since, timedelta):
        since = datetime.now(UTC) - since
    elif since is not None and since.tzinfo is None:
        raise Problem(f"{since.isoformat()} has no time zone", "add one, such as Z")
    found = auditing.audit(state, service or [], of, since, operator)
    if json:
        print_json(found)
    else:
        show.audited(found)
    return 0


def mail_list(
    *,
    to: Annotated[str, Parameter(help="Only those to an address with this in it.")] = "",
    last: Annotated[int, Parameter(help="At most so many, the latest.", validator=Number(gte=1))] = 100,
    json: Json = False,
    home: Home = None,
) -> int:
    """The mails that were caught, oldest first."""
    caught = mails.caught(platform(home).mail, to=to, last=last)
    if json:
        print_json([mail.told() for mail in caught])
    elif caught:
        show.mails(caught)
    else:
        show.line(f"No mail to an address with {to} in it was caught." if to else "No mail was caught.")
    return 0


def mail_show(
    id_: Annotated[str, Parameter(name="id", help="As `mail list` tells it, or how it begins.")],
    /,
    *,
    json: Json = False,
    home: Home = None,
) -> int:
    """One mail, as its reader sees it."""
    mail = mails.one(platform(home).mail, id_)
    if json:
        print_json(mail.told())
    else:
        show.mail(mail)
    return 0
