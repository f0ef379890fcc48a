"""Commands about one district: its clock, its roster, all that is its own, and a rule tried on its past."""

from contextlib import ExitStack
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

from backbone import ending
from cyclopts import Parameter
from cyclopts.validators import Number

from chalkline import clock, example_bundle, example_roster, exporting, issuer, rehearse, roster, show
from chalkline.commands.asking import Home, Json, platform, print_json, print_text, spinner, to_write
from chalkline.problem import Problem

ROWS_SHOWN: Final = 20
"""How many rows that were not taken are shown; the report has them all."""


def advance(
    district: Annotated[str, Parameter(help="A district's UUID, or a persona of it.")],
    /,
    *,
    to: Annotated[datetime | None, Parameter(help="The moment, such as 2026-03-02T08:00:00Z.")] = None,
    by: Annotated[timedelta | None, Parameter(help="A stretch of time, such as 36h, 14d or 6w.")] = None,
    home: Home = None,
) -> int:
    """Advance a sandbox's clock, and return when everything that fell due has happened."""
    with spinner("advancing") as progress:
        now = ending.run(clock.advance(platform(home), district, to=to, by=by, progress=progress))
    show.line(f"It is now {now:%A %d %B %Y, %H:%M} UTC there; whatever fell due by then has happened.")
    return 0


def roster_import(
    path: Annotated[Path, Parameter(help="A OneRoster 1.1 or 1.2 CSV bundle: a zip file, or a folder.")],
    /,
    *,
    tenant: Annotated[UUID | None, Parameter(help="The district, unless a persona tells it.")] = None,
    as_: Annotated[
        str, Parameter("--as", help="`operator`, or an administrator of the district: a persona, or a UUID.")
    ] = "operator",
    mapping: Annotated[
        Path | None,
        Parameter(help="A YAML file: who coaches, who leads, who evaluates (docs/roster-import.md)."),
    ] = None,
    dry_run: Annotated[bool, Parameter(negative="", help="Tell what would change; change nothing.")] = False,
    allow_removals: Annotated[
        bool, Parameter(negative="", help="More than 10 % of the roster's people may be deactivated.")
    ] = False,
    report: Annotated[Path | None, Parameter(help="Write every row that was not taken here, as CSV.")] = None,
    json: Json = False,
    home: Home = None,
) -> int:
    """Import a district's roster; again, and only differences count.

    Exits 0 if every row was taken, 3 if some were not, 1 if nothing, or not all, was done.
    """
    state = platform(home)
    whom = issuer.bearer(state, as_, tenant)
    with ExitStack() as stack:
        written = roster.Report(stack.enter_context(to_write(report))) if report else None
        shown = stack.enter_context(roster.progress(show.err))
        told = roster.Telling(written, show.line, json=json, most=ROWS_SHOWN)
        outcome = roster.import_roster(
            state, path, whom, mapping=mapping, dry_run=dry_run, allow_removals=allow_removals,
            told=told, progress=shown,
        )  # fmt: skip
    told.done(outcome)
    return outcome.code


def roster_example(
    folder: Annotated[Path, Parameter(help="Where roster.zip and mapping.yaml are written.")],
    /,
    *,
    schools: Annotated[int, Parameter(validator=Number(gte=1, lte=500))] = 4,
    teachers: Annotated[int, Parameter(validator=Number(gte=1, lte=20_000))] = 80,
    students: Annotated[int, Parameter(validator=Number(gte=0, lte=200_000))] = 400,
    seed: Annotated[int, Parameter(help="The same seed, the same district.")] = 1,
    odd: Annotated[bool, Parameter(negative="", help="With rows that cannot be taken.")] = False,
) -> int:
    """Write the roster of a district that nobody lives in, as OneRoster 1.2: something to try an import with."""
    if teachers < schools:
        raise Problem(f"{schools} schools cannot do with {teachers} teachers", "give --teachers as many")
    made = example_roster.roster(seed, schools=schools, teachers=teachers, students=students)
    year = datetime.now().astimezone().date()
    try:
        written = example_bundle.write(folder, made, year_begins=year, odd=odd)
    except OSError as error:
        raise Problem(f"{folder} cannot be written: {error.strerror}") from error
    show.line(f"{len(made.staff):,} people of {schools} schools: {written.bundle}, {written.mapping}")
    return 0


def export(
    district: Annotated[str, Parameter(help="A district's UUID, or a persona of it.")],
    /,
    *,
    to: Annotated[Path, Parameter(help="The folder to write; what is there already must be empty.")],
    format: Annotated[exporting.Format, Parameter(help="How lists are written.")] = "csv",  # noqa: A002
    with_words: Annotated[
        bool, Parameter(negative="", help="With names and texts; never what is its author's alone.")
    ] = False,
    as_: Annotated[
        str | None,
        Parameter(
            "--as",
            help="By whose eyes lists are seen, charts included; the first administrator's unless given.",
        ),
    ] = None,
    json: Json = False,
    home: Home = None,
) -> int:
    """Take a whole district along: its lists, and every event of every service.

    The folder is there whole or not at all; `manifest.json` counts and hashes what is in it (docs/exports.md).
    """
    state = platform(home)
    asked = exporting.Asked(state, clock.district(state, district), format, as_, with_words)
    with spinner("exporting") as progress:
        manifest = exporting.run(asked, to, progress)
    if json:
        print_json(manifest)
    else:
        show.exported(to, manifest)
    return 0


def rehearse_(
    rule: Annotated[
        Path | None,
        Parameter(help="A YAML file: milestone, days, hours, enabled, experience_band, recipients."),
    ] = None,
    /,
    *,
    district: Annotated[str, Parameter(help="A district's UUID, or a persona of it.")],
    milestone: Annotated[str | None, Parameter(help="Such as VisitOverdue, where no file says it.")] = None,
    days: Annotated[int | None, Parameter(help="The rule's days, if it has any.")] = None,
    hours: Annotated[int | None, Parameter(help="The rule's hours, if it has any.")] = None,
    band: Annotated[
        str | None, Parameter(help="Only for cycles whose teachers are all of this experience band.")
    ] = None,
    recipients: Annotated[
        list[str] | None,
        Parameter(negative="", help="Who hears: teacher, coach, coaching_lead."),
    ] = None,
    off: Annotated[bool, Parameter(negative="", help="The rule is switched off.")] = False,
    from_: Annotated[
        date | None,
        Parameter("--from", help="As if it had been published on this day; from the beginning unless told."),
    ] = None,
    until: Annotated[
        date | None, Parameter("--to", help="Until this day began; until now unless told.")
    ] = None,
    csv: Annotated[
        bool, Parameter("--csv", negative="", help="A line for each notification, as CSV.")
    ] = False,
    json: Json = False,
    home: Home = None,
) -> int:
    """Try a milestone's rule on the past: who would have heard by it, beside who did. Nothing is published.

    What is left out is as the product has it (docs/rehearsal.md).
    """
    state = platform(home)
    said = {
        "milestone": milestone,
        "days": days,
        "hours": hours,
        "experience_band": band,
        "recipients": recipients,
    }
    tried = {**(rehearse.rule_in(rule) if rule else {}), **{k: v for k, v in said.items() if v is not None}}
    tried |= {"enabled": False} if off else {}
    if "milestone" not in tried:
        raise Problem("which milestone?", "give a rule's file, or --milestone VisitOverdue")
    tenant = clock.district(state, district)
    accept = "text/csv" if csv else "application/jsonl"
    with spinner("rehearsing"), rehearse.answered(state, tenant, tried, accept, from_, until) as answer:
        if csv:
            print_text(answer.iter_text())
            return 0
        rows = rehearse.rows_of(answer)
    if json:
        print_json({"rule": tried, "counts": rehearse.counts(rows), "notifications": rows})
    else:
        show.rehearsed(rows, rehearse.counts(rows))
    return 0
