"""Commands that check and mend: done by each service on its own data."""

from typing import Annotated, Literal

from cyclopts import Parameter

from chalkline import show
from chalkline.commands.asking import Home, Json, Services, Yes, confirmed, delegate
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
    return delegate(home, service, ["rebuild", *(["--compare-only"] if compare_only else [])], json=json)


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
    return delegate(home, [service], ["recover", source], json=False)


def parked_list(*, service: Services = None, json: Json = False, home: Home = None) -> int:
    """What is parked: which projection or policy, which aggregate, why."""
    return delegate(home, service, ["parked", "list"], json=json)


def parked_retry(*, service: Services = None, home: Home = None) -> int:
    """Handle what is parked again, in order."""
    return delegate(home, service, ["parked", "retry"], json=False)
