"""Commands that check and mend: done by each service on its own data."""

from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from backbone import ending
from cyclopts import Parameter

from chalkline import clock, closing, erasing, issuer, show
from chalkline.commands.asking import (
    Home,
    Json,
    Services,
    Yes,
    confirmed,
    delegate,
    platform,
    print_json,
    spinner,
)
from chalkline.problem import Problem


def verify(*, service: Services = None, json: Json = False, home: Home = None) -> int:
    """Walk every service's hash chain and compare its log with its stream."""
    return delegate(home, service, ["verify"], json=json)


def rebuild(
    *,
    compare_only: Annotated[
        bool, Parameter(negative="", help="Compare with a rebuild; change nothing.")
    ] = False,
    service: Services = None,
    json: Json = False,
    home: Home = None,
) -> int:
    """Build projections anew beside the old ones, compare, and swap."""
    arguments = ["rebuild", *(["--compare-only"] if compare_only else [])]
    return delegate(home, service, arguments, json=json, acts=not compare_only)


def recover(
    service: Annotated[str, Parameter(help="The service whose log and stream disagree.")],
    /,
    *,
    from_stream: Annotated[
        bool, Parameter(negative="", help="Import what a restored PostgreSQL lost, from the stream.")
    ] = False,
    from_log: Annotated[
        bool, Parameter(negative="", help="Accept the loss: fill the stream anew from the log.")
    ] = False,
    yes: Yes = False,
    home: Home = None,
) -> int:
    """Decide which is right when a service's log and its stream disagree."""
    if from_stream == from_log:
        raise Problem("which of the two is right?", "give either --from-stream or --from-log")
    question = "What the stream has and the log has not will be lost for good. Go on?"
    if from_log and not yes and not confirmed(question):
        show.line("Nothing was changed.")
        return 1
    source: Literal["--from-stream", "--from-log"] = "--from-stream" if from_stream else "--from-log"
    return delegate(home, [service], ["recover", source], json=False, acts=True)


def parked_list(*, service: Services = None, json: Json = False, home: Home = None) -> int:
    """What is parked: which projection or policy, which aggregate, why."""
    return delegate(home, service, ["parked", "list"], json=json)


def parked_retry(*, service: Services = None, home: Home = None) -> int:
    """Handle what is parked again, in order."""
    return delegate(home, service, ["parked", "retry"], json=False, acts=True)


def erase(
    person: Annotated[str, Parameter(help="A person's UUID, or a persona's name.")] = "",
    /,
    *,
    tenant: Annotated[UUID | None, Parameter(help="The district, unless a persona tells it.")] = None,
    mentions: Annotated[
        bool,
        Parameter(
            negative="", help="Erase texts of others too where the name is found, but for names and records."
        ),
    ] = False,
    also: Annotated[
        list[Path] | None,
        Parameter(negative="", help="Look here too: an export, a dump, a folder of them; may be repeated."),
    ] = None,
    words: Annotated[
        Path | None,
        Parameter(help="A file of further words to look for, one a line: a maiden name, a nickname."),
    ] = None,
    replay: Annotated[
        bool, Parameter(negative="", help="Ask again for every erasure in the register, after a restore.")
    ] = False,
    yes: Yes = False,
    json: Json = False,
    home: Home = None,
) -> int:
    """Erase a person from every service, for good, and look whether their name is left anywhere.

    Exits 0 if it is nowhere, 3 if it was found (the certificate says where), a legal hold on somebody else keeps texts
    or no name is known any more to look for, 1 if nothing, or not all, was done.
    """
    state = platform(home)
    if replay:
        with spinner("asking again") as progress:
            counts = ending.run(erasing.replay(state, progress))
        told = f"{counts['asked']} erasures asked for again, {counts['known']} known, {counts['unknown']} of nobody"
        if json:
            print_json(counts)
        else:
            show.line(told)
        return 0
    if not person:
        raise Problem("erase whom?", "give a person's UUID, or --replay")
    whom = issuer.bearer(state, person, tenant)
    if whom.kind != "person" or whom.tenant is None:
        raise Problem(f"{person} is no person")
    further = _lines(words) if words else []
    asked = erasing.Asked(state, UUID(whom.tenant), UUID(whom.sub), mentions, further, also or ())
    if missing := [str(path) for path in asked.also if not path.exists()]:
        raise Problem(f"there is no {', '.join(missing)}")
    if not yes and not confirmed(
        f"All that is {whom.sub}'s and all they wrote will be gone for good. Go on?"
    ):
        show.line("Nothing was changed.")
        return 1
    with spinner("erasing") as progress:
        certificate = ending.run(erasing.certified(asked, progress))
    if json:
        print_json(certificate)
        if not certificate["looked_for"]["known"]:
            show.forgotten(certificate, show.err)
    else:
        show.erased(certificate)
    return 0 if certificate["clean"] else 3


def close_district(
    district: Annotated[str, Parameter(help="A district's UUID, or a persona of it.")],
    /,
    *,
    to: Annotated[
        Path | None,
        Parameter(
            help="The folder everything is taken along to, words included; needed until it is blanked."
        ),
    ] = None,
    yes: Yes = False,
    json: Json = False,
    home: Home = None,
) -> int:
    """A district leaves: take everything along, close it, and blank what every service has of it, for good.

    Refused while a legal hold stands on anybody of it. Whatever stops it, run it again: it goes on where it was. Exits
    0 if nothing is left but that it was there, 3 if an old transaction keeps some of it, 1 if not all is done.
    """
    state = platform(home)
    tenant = clock.district(state, district)
    if not yes and not confirmed(
        f"All there is of {tenant} will be gone for good, but for what is taken along. Go on?"
    ):
        show.line("Nothing was changed.")
        return 1
    with spinner("closing") as progress:
        certificate = ending.run(closing.certified(closing.Asked(state, tenant, to), progress))
    if json:
        print_json(certificate)
    else:
        show.closed(certificate)
    return 3 if certificate["kept"] else 0


def _lines(path: Path) -> list[str]:
    try:
        return [line.strip() for line in path.read_text().splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise Problem(f"{path} cannot be read") from error
