"""The table in deploy's README names every command that can be typed, and none that cannot."""

import re
from collections.abc import Iterator

from chalkline.cli import app
from cyclopts import App
from kit.purity import ROOT


def typed(commands: App, *before: str) -> Iterator[str]:
    """Every command, with the words of the group it is in."""
    for name in commands:
        if name.startswith("-"):
            continue
        within = [word for word in commands[name] if not word.startswith("-")]
        if within:
            yield from typed(commands[name], *before, name)
        else:
            yield " ".join((*before, name))


def told(text: str, every: set[str]) -> Iterator[str]:
    """The commands that the first cells of the table begin with."""
    for words in re.findall(r"`chalkline ([a-z -]+)", "".join(re.findall(r"^\|[^|]*\|", text, re.MULTILINE))):
        first, _, rest = words.strip().partition(" ")
        second = f"{first} {rest.partition(' ')[0]}"
        yield second if second in every or any(one.startswith(f"{first} ") for one in every) else first


def test_deploys_readme_tells_every_command() -> None:
    every = set(typed(app))
    assert set(told((ROOT / "deploy/README.md").read_text(), every)) == every


def test_a_command_that_is_missing_or_made_up_is_noticed() -> None:
    every = {"up", "mail list", "mail show"}
    assert set(told("| `chalkline up` | starts |", every)) == {"up"}
    assert set(told("| `chalkline mail list`, `chalkline mail send` | |", every)) == {
        "mail list",
        "mail send",
    }
