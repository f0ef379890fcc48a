"""What a person sees: the summary after `up`, the table of `status`, problems and how to mend them."""

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from chalkline.mails import Mail
from chalkline.problem import Problem
from chalkline.state import SERVERS, SERVICES, State, read_json
from chalkline.why import CODES, Chain, Step, document

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

COLOURS = {"ready": "green", "stopped": "dim", "failed": "red", "degraded": "yellow", "not-ready": "yellow"}


def problem(raised: Problem) -> None:
    err.print(f"[red]✗[/] {escape(raised.what)}", soft_wrap=True)
    if raised.mend:
        err.print(f"  [dim]→[/] {escape(raised.mend)}", soft_wrap=True)


def program() -> str:
    """How this command is called from here: a line we print can be pasted as it is."""
    if shutil.which("chalkline"):
        return "chalkline"
    command = Path(sys.executable).parent / "chalkline"
    if not command.exists():
        return f"{sys.executable} -m chalkline"
    return os.path.relpath(command) if command.is_relative_to(Path.cwd()) else str(command)


def called(state: State, *words: str) -> str:
    """A whole command line, with --home when the state folder is not the usual one."""
    usual = State.at() == state
    return " ".join([program(), *words, *([] if usual else ["--home", str(state.home)])])


def coloured(word: str) -> str:
    return f"[{COLOURS.get(word, 'cyan')}]{word}[/]"


def line(text: str) -> None:
    """One line, however long: what is to be copied must not be broken."""
    out.print(text, soft_wrap=True)


def ready(state: State, report: dict[str, Any]) -> None:
    """After `up`: where everything is, how to become somebody, what to try."""
    line("[bold green]Chalkline is running.[/]\n")
    for name in SERVERS:
        line(f"  {name:<18}{report[name]['url']}")
    serving = [name for name in SERVICES if report["services"][name]["health"] == "ready"]
    for name in serving:
        line(f"  {name:<18}{report['services'][name]['url']}/openapi.json")
        for beside, part in report["services"][name].get("replicas", {}).items():
            line(f"  {beside:<18}{part['url']}/openapi.json")
    personas: dict[str, dict[str, str]] = read_json(state.personas) or {}
    tokens = [(name, persona["role"]) for name, persona in personas.items()]
    line("\nA token, to act as somebody:")
    for name, what in [*tokens, ("operator", "operator")]:
        line(f"  [dim]{what:<15}[/]{escape(called(state, 'token', '--as', name))}")
    line("\nNext, try:")
    _above(_next(state, report, serving, personas))


def undecided(state: State, waiting: dict[str, str]) -> None:
    """After `up`: what only the operator can decide, and how; `docs/runbook.md` says when to do which."""
    line("Chalkline is running, and takes no commands where you have to decide first.\n")
    for service, code in waiting.items():
        line(f"  [bold yellow]{service}[/]  {code}")
        if code == "log_damaged":
            _above([(called(state, "verify", "--service", service), "what was edited; restore the database")])
            continue
        _above(
            [
                (called(state, "recover", service, "--from-stream"), "take back what the database lost"),
                (called(state, "recover", service, "--from-log"), "accept the loss"),
            ]
        )


def _above(commands: Iterable[tuple[str, str]]) -> None:
    """Commands, each on a line of its own to be copied whole, and above it what it is for."""
    for command, why in commands:
        line(f"  [dim]# {escape(why)}[/]")
        line(f"  {escape(command)}")


def _next(
    state: State, report: dict[str, Any], serving: list[str], personas: dict[str, Any]
) -> list[tuple[str, str]]:
    if not serving:
        return [
            (called(state, "status"), "what runs, and where"),
            (called(state, "doctor"), "what this machine lacks, if anything"),
            (called(state, "down"), "stop everything"),
        ]
    if (maya := personas.get("maya")) and "cycle" in maya and set(SERVICES) <= set(serving):
        return _with_sample(state, report, maya)
    someone = next(iter(personas), "operator")
    url = report["services"]["goals" if "goals" in serving else serving[0]]["url"]
    bearer = f'-H "Authorization: Bearer $({called(state, "token", "--as", someone)})"'
    return [
        (called(state, "listen"), "in a second terminal: events as they arrive"),
        (called(state, "status"), "how far each service is"),
        (f"curl -s {bearer} {url}/openapi.json", "what a service takes and answers"),
    ]


def _with_sample(state: State, report: dict[str, Any], maya: dict[str, str]) -> list[tuple[str, str]]:
    """Maya's inbox, a command of hers, and two weeks later."""
    url = {name: part["url"] for name, part in report["services"].items()}
    bearer = f'-H "Authorization: Bearer $({called(state, "token", "--as", "maya")})"'
    # The same key at every `up`: typed again, it answers as it did the first time.
    key = f"-H 'Idempotency-Key: {uuid5(UUID(maya['cycle']), 'learn')}'"
    body = "-H 'Content-Type: application/json' -d '{\"phase\": \"learn\"}'"
    return [
        (f"curl -s {bearer} {url['notifications']}/v1/inbox", "Maya's inbox"),
        (
            f"curl -s {bearer} {key} {body} {url['goals']}/v1/cycles/{maya['cycle']}/enter-phase",
            "a command of hers: it happens once, however often it is sent",
        ),
        (
            called(state, "clock", "advance", "maya", "--by", "16d"),
            f"then a visit is overdue: look into the inbox again ({called(state, 'listen')} shows it come)",
        ),
    ]


def status(report: dict[str, Any]) -> None:
    supervisor = report["supervisor"]["pid"]
    line(
        f"{coloured(report['state'])}  {escape(report['home'])}"
        + (f"  (supervisor {supervisor})" if supervisor else "")
    )
    if report["problem"]:
        line(f"[red]{escape(report['problem'])}[/]")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in (
        "",
        "health",
        "pid",
        "address",
        "position",
        "relay",
        "projector",
        "partitions",
        "parked",
        "restarts",
    ):
        right = heading in ("pid", "position", "relay", "partitions", "parked", "restarts")
        table.add_column(heading, justify="right" if right else "left", no_wrap=True)
    for name, part in everything(report).items():
        relay, projector = part.get("relay") or {}, part.get("projector") or {}
        where = (part["pid"], (part["url"] or "·").split("//")[-1], part.get("position"))
        lags = (_behind(relay.get("lag")), _behind(projector.get("lag")), projector.get("partitions"))
        table.add_row(
            name, coloured(part["health"]), *map(_cell, (*where, *lags, part.get("parked"), part["restarts"]))
        )
    whole(table)
    for name, part in everything(report).items():
        for check, result in (part.get("checks") or {}).items():
            if result != "ok":
                line(f"[yellow]{name}[/]  {check}: {escape(result)}")
        if waits_for := (part.get("clocks") or {}).get("waits_for"):
            line(f"[yellow]{name}[/]  what falls due in sandboxes waits: {escape(waits_for)}")
    mail = report["services"]["notifications"].get("mail") or {}
    if mail.get("trouble"):
        line(
            f"[yellow]mail[/]  the mail server is in trouble ({escape(mail['trouble'])}) since {mail['since']}; "
            f"{mail['due']} wait for it"
        )


def mails(caught: Sequence[Mail]) -> None:
    """A line a mail."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("id", "caught", "to", "subject"):
        table.add_column(heading, no_wrap=True)
    for mail in caught:
        at = mail.caught_at[:19].replace("T", " ")
        table.add_row(*map(escape, (mail.id, at, ", ".join(mail.to), mail.subject)))
    whole(table)


def mail(one: Mail) -> None:
    """As its reader sees it; of one that is HTML alone, the source."""
    told = {"From": one.sender, "To": ", ".join(one.to), "Subject": one.subject, "Message-ID": one.message_id}
    for name, value in told.items():
        line(f"[dim]{name}:[/] {escape(value)}")
    line("")
    line(escape(one.text or one.html).rstrip())


def exported(to: Path, manifest: dict[str, Any]) -> None:
    """What is in the folder, a line a file."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    for heading in ("rows", "bytes"):
        table.add_column(heading, justify="right", no_wrap=True)
    for file in manifest["files"]:
        table.add_row(file["path"], f"{file['rows']:,}", f"{file['bytes']:,}")
    whole(table)
    for one in manifest["not_shown_to_them"]:
        line(
            f"[yellow]{one['service']} {one['list']}[/] is shown to none of {', '.join(manifest['seen_as'])}"
        )
    line(f"{escape(str(to))} is whole; manifest.json has the SHA-256 of each file.")


REHEARSED = {
    "same": "told, and would have been",
    "new": "would have been told",
    "no_more": "told, and no more",
}
"""What a rehearsal found, in words."""
MOST_REHEARSED = 40


def rehearsed(rows: Sequence[dict[str, Any]], counts: dict[str, int]) -> None:
    """What differs, as many as fit on a screen, and how many there are of each."""
    differing = [row for row in rows if row["outcome"] != "same"]
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "role", "person", "cycle", "was told", "would have been"):
        table.add_column(heading, no_wrap=True)
    for row in differing[:MOST_REHEARSED]:
        about = row["cycle_id"] or row["partnership_id"]
        times = (row["heard_at"], row["would_have_heard_at"])
        table.add_row(
            row["outcome"].replace("_", " "), row["role"], row["person_id"], about, *map(_cell, times)
        )
    if differing:
        whole(table)
    if len(differing) > MOST_REHEARSED:
        line(f"… and {len(differing) - MOST_REHEARSED:,} more; --csv and --json have them all")
    for outcome, n in counts.items():
        line(f"{n:>9,}  {REHEARSED[outcome]}")


def audited(rows: Sequence[dict[str, Any]]) -> None:
    """Who, what, on what, when and what came of it: a line each."""
    if not rows:
        line("No operator did anything.")
    for row in rows:
        of = f"district {row['district_id']}" if row["district_id"] else f"all of {row['service']}"
        at = row["aggregate"] if row["aggregate_id"] != row["district_id"] else None  # the district itself
        on = f"{at} {row['aggregate_id']}, {of}" if at else of
        came = {"begun": "[yellow]begun, no end told[/]", "failed": "[red]failed[/]"}.get(
            row["outcome"], "done"
        )
        more = [row["code"], f"{row['n_items']:,} of them" if row["n_items"] else None]
        why_ = f" ({', '.join(one for one in more if one)})" if any(more) else ""
        what = f"{escape(row['operator'])}  {row['act']}  {row['service']}: {on}"
        out.print(f"{row['at'][:19]}Z  {what}  {came}{why_}", soft_wrap=True)


def why(chain: Chain) -> None:
    """The causes from the first on, each leading to the next, then the event and all that followed from it."""
    meta = chain.first.meta
    behalf = f" on behalf of person:{meta.on_behalf_of}" if meta.on_behalf_of else ""
    line(f"{escape(meta.actor)}{behalf} [dim]command {meta.command_id}[/]")
    if chain.lost:
        line(f"[yellow]its cause, {chain.lost}, is in no log here[/]")
    at = root = Tree("", hide_root=True)
    for cause in chain.causes:
        at = at.add(_step(cause))
    _grow(at, chain.event, marked=True)
    Console(width=1000, highlight=False, force_terminal=out.is_terminal).print(root)  # no id is broken in two
    if not chain.whole:
        line(f"[yellow]… and more: {chain.followed:,} consequences are shown[/]")


def _grow(tree: Tree, step: Step, *, marked: bool = False) -> None:
    grown = tree.add(_step(step, marked=marked))
    for following in step.led_to:
        _grow(grown, following)


def _step(step: Step, *, marked: bool = False) -> str:
    through = f"[dim]{escape(step.through)}:[/] " if step.through else ""
    if step.told is None:
        assert step.reacted is not None
        outcome = "nothing to do" if step.reacted.outcome == "nothing" else step.reacted.outcome
        code = f" ({step.reacted.code})" if step.reacted.code else ""
        return f"{through}[dim]{step.reacted.service} {step.reacted.target}[/] {outcome}{escape(code)}"
    told = document(step.told)
    named = {name: told[name] for name in CODES if name in told}
    codes = " ".join(f"{name}={value}" for name, value in named.items())
    name = f"[bold green]{told['event']}[/]" if marked else f"[bold]{told['event']}[/]"
    where = f"{told['service']} {told['aggregate']} {told['aggregate_id']} v{told['version']}"
    return f"{through}{name} {escape(codes)} [dim]{where} {told['recorded_at']} {told['event_id']}[/]"


def erased(certificate: dict[str, Any]) -> None:
    """The certificate, as a person reads it: what went, what was looked at, and where a word still is."""
    line(f"[bold]{certificate['person_id']}[/] is erased (erasure {certificate['erasure_id']}).\n")
    for service in next(iter(certificate["attested"].values())):
        n = sum(of_one[service] for of_one in certificate["attested"].values())
        line(f"  {service:<15} attests {n:>6,} texts erased")
    if certificate["held"]:
        line(
            f"[yellow]Legal holds on others keep {certificate['held']} texts[/]; erase again once they are lifted."
        )
    if certificate["mails_deleted"]:
        line(f"  {certificate['mails_deleted']} caught mails to them were deleted")
    if certificate["kept_by_old_transactions"]:
        line(
            f"[yellow]{certificate['kept_by_old_transactions']} erased texts are kept by an old transaction[/]"
        )
    searched, words = certificate["searched"], certificate["looked_for"]
    if not words["known"]:
        forgotten(certificate)
    elif not words["words"]:
        line(
            "[yellow]What is known of their names is too short to be looked for[/]; --words gives a file of some."
        )
    if not words["words"]:
        return
    line(
        f"\nLooked for {words['words']} words in {searched['tables']} tables ({searched['rows']:,} rows),"
        f" {searched['messages']:,} messages and {searched['files']:,} files ({searched['bytes'] >> 20:,} MB)."
    )
    for place in certificate["found"]:
        where = place.get("file") or place.get("table") or f"the stream of {place['stream']}"
        line(f"[red]found[/] {escape(' '.join(filter(None, (place.get('service'), where))))}")
    for text in certificate["texts"]:
        where = "the district's record" if text["record"] else "a text of others"
        line(f"  in {where}: {text['service']} {text['aggregate']} {text['id']}, text {text['ref']}")
    for path in certificate["unread"]:
        line(f"[yellow]not read[/] {escape(path)}")
    if certificate["clean"]:
        line("[green]Found nowhere.[/]")


def forgotten(certificate: dict[str, Any], to: Console = out) -> None:
    """What to do where directory knows no more what to look for: it erased that in an earlier run."""
    told = "[yellow]Directory knows neither name nor addresses of theirs any more[/]"
    if certificate["looked_for"]["words"]:
        told += ": only what --words names was looked for."
    else:
        told += (
            ", so nothing was looked for: mails that were caught, and whatever else has the name, may be left."
            " Erase again with --words, a file of their names and addresses, one a line."
        )
    to.print(told, soft_wrap=True)


def closed(certificate: dict[str, Any]) -> None:
    """The certificate of a district that has left, as a person reads it."""
    line(f"[bold]{certificate['tenant']}[/] has left; nothing is kept of it but that it was there.\n")
    if taken := certificate["taken_along"]:
        since = (
            f", and {taken['since']} events told meanwhile in {taken['to']}.since" if taken["since"] else ""
        )
        line(f"  taken along to {escape(taken['to'] + since)}")
    for service, one in certificate["services"].items():
        went = f"{one['words']:>6,} texts and {one['states']:>6,} states deleted"
        line(f"  {service:<15} {one['events']:>7,} events blanked, {went}")
    if certificate["mails_deleted"]:
        line(f"  {certificate['mails_deleted']} caught mails to people of it were deleted")
    if certificate["kept"]:
        line(
            f"[yellow]{certificate['kept']} rows are kept by an old transaction[/]: end it, and do this again"
        )
    line("\n`chalkline verify` tells whether every chain holds.")


def everything(report: dict[str, Any]) -> dict[str, Any]:
    """Every process by name: servers, services, and what stands beside them."""
    found = {name: report[name] for name in SERVERS}
    for name, service in report["services"].items():
        found |= {name: service, **service.get("replicas", {})}
    return found


def whole(table: Table) -> None:
    """As wide as it needs to be: a narrow terminal wraps a line, but nothing is cut off."""
    Console(width=240, highlight=False, force_terminal=out.is_terminal).print(table)


def _behind(lag: Any) -> str | None:
    """`level`, or how many events behind: of one log, or of each source it reads."""
    if isinstance(lag, dict):
        return " ".join(f"{source}:{n}" for source, n in lag.items() if n) or "level"
    return "level" if lag == 0 else None if lag is None else str(lag)


def _cell(value: Any) -> str:
    return "·" if value is None else str(value)
