"""The `chalkline` command: run the platform on this machine, look into it, operate it."""

import importlib.util
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, TextIO
from uuid import UUID

from backbone import ending
from backbone.entrances import uuid_in
from cyclopts import App, Group, Parameter
from cyclopts.validators import Number
from rich.markup import escape

from chalkline import (
    clock,
    credentials,
    databases,
    delegating,
    doctor,
    example_bundle,
    example_roster,
    exporting,
    issuer,
    listening,
    mails,
    operate,
    ports,
    presence,
    provisioning,
    rehearse,
    roster,
    scaling,
    seeding,
    show,
    topology,
    why,
)
from chalkline import status as state_of
from chalkline.problem import Problem
from chalkline.state import SERVICES, State

RUN, LOOK, MEND = Group.create_ordered("Run"), Group.create_ordered("Look"), Group.create_ordered("Mend")
ELSEWHERE = Group.create_ordered("Elsewhere")

app = App(
    name="chalkline",
    help="Chalkline on this machine: run the platform, look into it, operate it.",
    version="0.1.0",
    result_action="return_value",
    console=show.out,
    error_console=show.err,
)
clock_app = App(name="clock", help="The clock of a sandbox district.", group=LOOK)
parked_app = App(
    name="parked", help="Events that could not be handled, and what queues behind them.", group=MEND
)
mail_app = App(name="mail", help="The mails that were caught on this machine.", group=LOOK)
roster_app = App(
    name="roster", help="A district's organisations and staff, from its OneRoster files.", group=RUN
)
app.command(clock_app)
app.command(mail_app)
app.command(roster_app)
app.command(parked_app)

ROWS_SHOWN: Final = 20
"""How many rows that were not taken are shown; the report has them all."""

Home = Annotated[
    Path | None,
    Parameter("--home", env_var="CHALKLINE_HOME", help="The state folder; .chalkline here unless given."),
]
Json = Annotated[bool, Parameter("--json", negative="", help="For programs: JSON on standard output.")]
Yes = Annotated[bool, Parameter("--yes", negative="", help="Do not ask.")]
Services = Annotated[
    list[str] | None, Parameter("--service", negative="", help="Only this service; may be repeated.")
]


@app.command(group=RUN)
def up(
    *,
    only: Annotated[
        list[str] | None,
        Parameter(negative="", help="`servers` (PostgreSQL and NATS alone), or services by name."),
    ] = None,
    scale: Annotated[
        list[str] | None,
        Parameter(negative="", help="Processes of a service, such as goals=3; may be repeated."),
    ] = None,
    foreground: Annotated[bool, Parameter(negative="", help="Stay here until Ctrl-C.")] = False,
    home: Home = None,
) -> int:
    """Start the platform, and return when everything is ready."""
    counts = scaling.counts(scale or [])
    state, wanted = State.at(home), operate.parts(only or [], counts)
    if presence.running(state):
        running = presence.known(state).get("wanted", [])
        if counts and set(operate.parts(only or [])) <= set(running):
            with _spinner("scaling") as progress:
                scaling.scale(state, counts, progress)
        elif not set(wanted) <= set(running):
            raise Problem(
                f"already running with {', '.join(running)}", f"stop it first: {show.called(state, 'down')}"
            )
    elif foreground:
        return operate.foreground(state, wanted)
    else:
        with _spinner("starting") as progress:
            operate.background(state, wanted, progress)
    if waiting := state_of.undecided(ending.run(state_of.status(state))):
        show.undecided(state, waiting)
        return 1
    if set(SERVICES) <= set(wanted):
        with _spinner("opening a sample district"):
            ending.run(seeding.sample(state))
    report = ending.run(state_of.status(state))
    if report["state"] in ("ready", "degraded"):
        show.ready(state, report)
        return 0
    show.status(report)
    return 1


@app.command(name="scale", group=RUN)
def scale_(
    counts: Annotated[list[str], Parameter(help="Such as goals=3; several are possible.")],
    /,
    *,
    home: Home = None,
) -> int:
    """Have a running platform keep so many processes of a service, and return when all are ready.

    They share the service's commands, projections and policies; `status` shows where each answers.
    """
    state, wanted = State.at(home), scaling.counts(counts)
    with _spinner("scaling") as progress:
        scaling.scale(state, wanted, progress)
    report = ending.run(state_of.status(state))
    for name in wanted:
        service = report["services"][name]
        for one, part in {name: service, **service["replicas"]}.items():
            show.line(f"  {one:<17}{part['url']}  {part['health']}")
    return 0


@app.command(group=RUN)
def serve(
    service: Annotated[str, Parameter(help="Of which service.")],
    /,
    *,
    port: Annotated[
        int | None,
        Parameter(help="Where it answers; a free one unless given.", validator=Number(gte=1, lte=65535)),
    ] = None,
    roles: Annotated[
        str, Parameter(help="Which of door, relay and projector; several with commas.")
    ] = "door",
    home: Home = None,
) -> None:
    """One more process of a service, beside those that `up` keeps; here, until Ctrl-C.

    As many as one likes may stand beside each other: they share the commands, one of them relays, and those that
    project divide the partitions among them. `scale` keeps them running, as `up` does the first.
    """
    [one] = delegating.chosen(_platform(home), [service])
    operate.serve(one, port or ports.any_free(), roles, told=show.err.print)


@app.command(group=RUN)
def down(*, home: Home = None) -> int:
    """Stop everything, in order; data stays."""
    with _spinner("stopping"):
        stopped = operate.down(State.at(home))
    show.line("Stopped." if stopped else "Nothing was running.")
    return 0


@app.command(group=RUN)
def reset(*, yes: Yes = False, home: Home = None) -> int:
    """Stop everything and delete all data, secrets and logs of this platform."""
    state = State.at(home)
    if not state.home.exists():
        show.line(f"There is nothing in {state.home}.")
        return 0
    if not state.exists:
        raise Problem(f"{state.home} is not a platform's state folder", "nothing was deleted")
    if not yes and not _confirmed(f"Delete {state.home}, with every event, secret and log in it?"):
        show.line("Nothing was deleted.")
        return 1
    with _spinner("deleting"):
        operate.reset(state)
    show.line(f"Deleted {state.home}.")
    return 0


@app.command(group=LOOK)
def status(*, json: Json = False, home: Home = None) -> int:
    """What runs, where it answers and how far it is. Exits 0 if all is ready, 1 otherwise."""
    report = ending.run(state_of.status(State.at(home)))
    if json:
        _print_json(report)
    else:
        show.status(report)
    return 0 if report["state"] == "ready" else 1


@app.command(name="doctor", group=LOOK)
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


@app.command(group=LOOK)
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
    state = _platform(home)
    print(issuer.token(state, issuer.bearer(state, as_, tenant), ttl=ttl))
    return 0


@app.command(group=LOOK)
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
    state, subject = _platform(home), listening.subject_of(subject)
    if not json:
        show.err.print(f"[dim]listening to {subject}; Ctrl-C ends it[/]")
    ending.run(listening.listen(state, subject, raw=json, show=printed, count=count))
    return 0


@app.command(name="why", group=LOOK)
def why_(
    event: Annotated[str, Parameter(help="An event's id.")],
    /,
    *,
    district: Annotated[str, Parameter(help="Only if it is of this district: a UUID, or a persona.")] = "",
    json: Json = False,
    home: Home = None,
) -> int:
    """What led to an event, across services up to the command it began with, and what followed from it."""
    state, event_id = _platform(home), _event_id(event)
    tenant = clock.district(state, district) if district else None

    async def chain() -> why.Chain:
        async with databases.reading(delegating.chosen(state, [])) as logs:
            return await why.why(logs, event_id, tenant)

    found = ending.run(chain())
    if json:
        _print_json(found.document())
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


@clock_app.command
def advance(
    district: Annotated[str, Parameter(help="A district's UUID, or a persona of it.")],
    /,
    *,
    to: Annotated[datetime | None, Parameter(help="The moment, such as 2026-03-02T08:00:00Z.")] = None,
    by: Annotated[timedelta | None, Parameter(help="A stretch of time, such as 36h, 14d or 6w.")] = None,
    home: Home = None,
) -> int:
    """Advance a sandbox's clock, and return when everything that fell due has happened."""
    with _spinner("advancing") as progress:
        now = ending.run(clock.advance(_platform(home), district, to=to, by=by, progress=progress))
    show.line(f"It is now {now:%A %d %B %Y, %H:%M} UTC there; whatever fell due by then has happened.")
    return 0


@mail_app.command(name="list")
def mail_list(
    *,
    to: Annotated[str, Parameter(help="Only those to an address with this in it.")] = "",
    last: Annotated[int, Parameter(help="At most so many, the latest.", validator=Number(gte=1))] = 100,
    json: Json = False,
    home: Home = None,
) -> int:
    """The mails that were caught, oldest first."""
    caught = mails.caught(_platform(home).mail, to=to, last=last)
    if json:
        _print_json([mail.told() for mail in caught])
    elif caught:
        show.mails(caught)
    else:
        show.line("No mail was caught.")
    return 0


@mail_app.command(name="show")
def mail_show(
    id_: Annotated[str, Parameter(name="id", help="As `mail list` tells it, or how it begins.")],
    /,
    *,
    json: Json = False,
    home: Home = None,
) -> int:
    """One mail, as its reader sees it."""
    mail = mails.one(_platform(home).mail, id_)
    if json:
        _print_json(mail.told())
    else:
        show.mail(mail)
    return 0


@roster_app.command(name="import")
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
    state = _platform(home)
    whom = issuer.bearer(state, as_, tenant)
    with ExitStack() as stack:
        written = roster.Report(stack.enter_context(_to_write(report))) if report else None
        shown = stack.enter_context(roster.progress(show.err))
        told = roster.Telling(written, show.line, json=json, most=ROWS_SHOWN)
        outcome = roster.import_roster(
            state, path, whom, mapping=mapping, dry_run=dry_run, allow_removals=allow_removals,
            told=told, progress=shown,
        )  # fmt: skip
    told.done(outcome)
    return outcome.code


@roster_app.command(name="example")
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


@app.command(group=LOOK)
def export(
    district: Annotated[str, Parameter(help="A district's UUID, or a persona of it.")],
    /,
    *,
    to: Annotated[Path, Parameter(help="The folder to write; it must not be there yet.")],
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
    state = _platform(home)
    asked = exporting.Asked(state, clock.district(state, district), format, as_, with_words)
    with _spinner("exporting") as progress:
        manifest = exporting.run(asked, to, progress)
    if json:
        _print_json(manifest)
    else:
        show.exported(to, manifest)
    return 0


@app.command(name="rehearse", group=LOOK)
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
    state = _platform(home)
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
    with _spinner("rehearsing"), rehearse.answered(state, tenant, tried, accept, from_, until) as answer:
        if csv:
            _print_text(answer.iter_text())
            return 0
        rows = rehearse.rows_of(answer)
    if json:
        _print_json({"rule": tried, "counts": rehearse.counts(rows), "notifications": rows})
    else:
        show.rehearsed(rows, rehearse.counts(rows))
    return 0


@app.command(group=MEND)
def verify(*, service: Services = None, json: Json = False, home: Home = None) -> int:
    """Walk every service's hash chain and compare its log with its stream."""
    return _delegate(home, service, ["verify"], json=json)


@app.command(group=MEND)
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
    return _delegate(home, service, ["rebuild", *(["--compare-only"] if compare_only else [])], json=json)


@app.command(group=MEND)
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
    if from_log and not yes and not _confirmed(question):
        show.line("Nothing was changed.")
        return 1
    source: Literal["--from-stream", "--from-log"] = "--from-stream" if from_stream else "--from-log"
    return _delegate(home, [service], ["recover", source], json=False)


@parked_app.command(name="list")
def parked_list(*, service: Services = None, json: Json = False, home: Home = None) -> int:
    """What is parked: which projection or policy, which aggregate, why."""
    return _delegate(home, service, ["parked", "list"], json=json)


@parked_app.command(name="retry")
def parked_retry(*, service: Services = None, home: Home = None) -> int:
    """Handle what is parked again, in order."""
    return _delegate(home, service, ["parked", "retry"], json=False)


@app.command(group=ELSEWHERE)
def provision(
    *,
    secrets: Annotated[
        Path, Parameter(help="The folder of secrets: read, and completed where some are missing.")
    ],
    database_url: Annotated[
        str | None,
        Parameter(
            env_var="CHALKLINE_SUPERUSER_URL",
            help="A superuser's address of the PostgreSQL to set up; the password may be in PGPASSWORD.",
        ),
    ] = None,
    accounts: Annotated[
        Path | None, Parameter(help="Where to write NATS's accounts.conf, which nats-server.conf includes.")
    ] = None,
) -> int:
    """Set up servers that run somewhere else: databases, roles, NATS accounts. Safe to run again."""
    if database_url is None and accounts is None:
        raise Problem("there is nothing to set up", "give --database-url, --accounts or both")
    secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    if database_url:
        for service in SERVICES:
            database = ending.run(provisioning.provision(database_url, service, secrets))
            show.line(f"{database.url} is ready; its secrets are in {database.secrets}")
    if accounts:
        accounts.write_text(topology.accounts(credentials.nats_identities(secrets)))
        show.line(f"{accounts} says who may do what; the seeds are in {secrets}")
    return 0


# Written beside this module and loaded only when it is called for: a demo needs what nothing else does.
if importlib.util.find_spec("chalkline.demo"):
    app.command(
        "chalkline.demo:demo",
        name="demo",
        group=RUN,
        help="Play coaching and check it to the last row: six weeks of a pair, or a district's year.",
    )


@contextmanager
def _to_write(path: Path) -> Iterator[TextIO]:
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            yield file
    except OSError as error:
        raise Problem(f"{path} cannot be written: {error.strerror}") from error


def _delegate(home: Path | None, names: list[str] | None, arguments: list[str], *, json: bool) -> int:
    services = delegating.chosen(_platform(home), names or [])
    if json:
        answers, code = ending.run(delegating.gather(services, arguments))
        _print_json(answers)
        return code
    return delegating.run(services, arguments)


def _platform(home: Path | None) -> State:
    """The state folder of a platform that has been started at least once."""
    state = State.at(home)
    if not state.exists:
        raise Problem(f"there is no platform in {state.home}", f"start one: {show.called(state, 'up')}")
    return state


def _print_json(content: object) -> None:
    _print_text([json.dumps(content, indent=2), "\n"])


def _print_text(texts: Iterable[str]) -> None:
    try:
        for text in texts:
            sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read has seen enough, as in `chalkline mail list --json | head`
        show.out.on_broken_pipe()


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise Problem("nobody is there to answer", "add --yes")
    return show.out.input(f"{question} [dim](y/N)[/] ").strip().lower() in ("y", "yes")


@contextmanager
def _spinner(words: str) -> Iterator[Callable[[str], None]]:
    """Tells a person at a terminal what is waited for; silent elsewhere."""
    with show.err.status(f"{words} …") as live:
        yield lambda text: live.update(f"{text} …")


def main() -> None:
    """The command's entry point: 0 done, 1 not done, 2 misunderstood."""
    try:
        sys.exit(app())
    except Problem as raised:
        show.problem(raised)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
