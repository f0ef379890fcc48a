"""The register of erasures: ids of what was asked, beside the secrets, so that it is backed up with them.

Should directory's log be lost back to before an erasure, this tells which to ask for again
(`chalkline erase --replay`). A line an erasure, as JSON; nothing personal is in it.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from chalkline.problem import Problem
from chalkline.state import State

NAMES = {"request-erasure": "erasure", "erase-mentions": "mentions"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A command to directory, as it was sent: sent again it is the same."""

    tenant: UUID
    person_id: UUID
    command: str
    command_id: UUID
    body: dict[str, Any]

    @property
    def erasure_id(self) -> UUID:
        """As directory makes it of the command."""
        return uuid5(self.command_id, NAMES[self.command])


def file_of(state: State) -> Path:
    return state.secrets / "erasures.jsonl"


def keep(state: State, entry: Entry) -> None:
    """On disk when this returns."""
    told = {
        "tenant": str(entry.tenant),
        "person_id": str(entry.person_id),
        "command": entry.command,
        "command_id": str(entry.command_id),
        "body": entry.body,
    }
    with os.fdopen(os.open(file_of(state), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
        file.write(json.dumps(told) + "\n")
        file.flush()
        os.fsync(file.fileno())


def entries(state: State) -> Iterator[Entry]:
    """Oldest first. Raises Problem for a line that is none."""
    path = file_of(state)
    if not path.exists():
        return
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        try:
            told = json.loads(line)
            yield Entry(
                UUID(told["tenant"]),
                UUID(told["person_id"]),
                told["command"],
                UUID(told["command_id"]),
                told["body"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise Problem(
                f"line {number} of {path} is no erasure", "put the register of the last backup there"
            ) from error
