"""What commands have in common: options, which platform is meant, what goes to standard output, whom to ask."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

from backbone import ending
from cyclopts import Parameter

from chalkline import delegating, show
from chalkline.problem import Problem
from chalkline.state import State

Home = Annotated[
    Path | None,
    Parameter("--home", env_var="CHALKLINE_HOME", help="The state folder; .chalkline here unless given."),
]
Json = Annotated[bool, Parameter("--json", negative="", help="For programs: JSON on standard output.")]
Yes = Annotated[bool, Parameter("--yes", negative="", help="Do not ask.")]
Services = Annotated[
    list[str] | None, Parameter("--service", negative="", help="Only this service; may be repeated.")
]


@contextmanager
def to_write(path: Path) -> Iterator[TextIO]:
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            yield file
    except OSError as error:
        raise Problem(f"{path} cannot be written: {error.strerror}") from error


def delegate(
    home: Path | None, names: list[str] | None, arguments: list[str], *, json: bool, acts: bool = False
) -> int:
    services = delegating.chosen(platform(home), names or [])
    if json:
        answers, code = ending.run(delegating.gather(services, arguments, acts=acts))
        print_json(answers)
        return code
    return delegating.run(services, arguments, acts=acts)


def platform(home: Path | None) -> State:
    """The state folder of a platform that has been started at least once."""
    state = State.at(home)
    if not state.exists:
        raise Problem(f"there is no platform in {state.home}", f"start one: {show.called(state, 'up')}")
    return state


def print_json(content: object) -> None:
    print_text([json.dumps(content, indent=2), "\n"])


def print_text(texts: Iterable[str]) -> None:
    try:
        for text in texts:
            sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read has seen enough, as in `chalkline mail list --json | head`
        show.out.on_broken_pipe()


def confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise Problem("nobody is there to answer", "add --yes")
    return show.out.input(f"{question} [dim](y/N)[/] ").strip().lower() in ("y", "yes")


@contextmanager
def spinner(words: str) -> Iterator[Callable[[str], None]]:
    """Tells a person at a terminal what is waited for; silent elsewhere."""
    with show.err.status(f"{words} …") as live:
        yield lambda text: live.update(f"{text} …")
