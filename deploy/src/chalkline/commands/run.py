"""Commands that run the platform: up, scale, serve, down, reset; and set servers up that run elsewhere."""

from pathlib import Path
from typing import Annotated

from backbone import ending
from cyclopts import Parameter
from cyclopts.validators import Number

from chalkline import (
    credentials,
    delegating,
    operate,
    ports,
    presence,
    provisioning,
    scaling,
    seeding,
    show,
    topology,
)
from chalkline import status as state_of
from chalkline.commands.asking import Home, Yes, confirmed, platform, spinner
from chalkline.problem import Problem
from chalkline.state import SERVICES, State


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
            with spinner("scaling") as progress:
                scaling.scale(state, counts, progress)
        elif not set(wanted) <= set(running):
            raise Problem(
                f"already running with {', '.join(running)}", f"stop it first: {show.called(state, 'down')}"
            )
    elif foreground:
        return operate.foreground(state, wanted)
    else:
        with spinner("starting") as progress:
            operate.background(state, wanted, progress)
    if waiting := state_of.undecided(ending.run(state_of.status(state))):
        show.undecided(state, waiting)
        return 1
    if set(SERVICES) <= set(wanted):
        with spinner("opening a sample district"):
            ending.run(seeding.sample(state))
    report = ending.run(state_of.status(state))
    if report["state"] in ("ready", "degraded"):
        show.ready(state, report)
        return 0
    show.status(report)
    return 1


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
    with spinner("scaling") as progress:
        scaling.scale(state, wanted, progress)
    report = ending.run(state_of.status(state))
    for name in wanted:
        service = report["services"][name]
        for one, part in {name: service, **service["replicas"]}.items():
            show.line(f"  {one:<17}{part['url']}  {part['health']}")
    return 0


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
    [one] = delegating.chosen(platform(home), [service])
    operate.serve(one, port or ports.any_free(), roles, told=show.err.print)


def down(*, home: Home = None) -> int:
    """Stop everything, in order; data stays."""
    with spinner("stopping"):
        stopped = operate.down(State.at(home))
    show.line("Stopped." if stopped else "Nothing was running.")
    return 0


def reset(*, yes: Yes = False, home: Home = None) -> int:
    """Stop everything and delete all data, secrets and logs of this platform."""
    state = State.at(home)
    if not state.home.exists():
        show.line(f"There is nothing in {state.home}.")
        return 0
    if not state.exists:
        raise Problem(f"{state.home} is not a platform's state folder", "nothing was deleted")
    if not yes and not confirmed(f"Delete {state.home}, with every event, secret and log in it?"):
        show.line("Nothing was deleted.")
        return 1
    with spinner("deleting"):
        operate.reset(state)
    show.line(f"Deleted {state.home}.")
    return 0


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
