"""What verification found: each difference by its position, its aggregate and its field."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Where = Literal["log", "chain", "state", "commands", "words", "stream"]
MOST = 1000
"""Findings that are kept; further ones are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it must be."""

    where: Where
    what: str
    position: int | None = None
    aggregate: str | None = None
    """`Goal 0190…`."""
    field: str | None = None

    def text(self) -> str:
        at = [
            f"position {self.position}" if self.position is not None else None,
            self.aggregate,
            self.field,
        ]
        return f"{self.where:8}  {' · '.join(part for part in at if part)}: {self.what}"


@dataclass(slots=True)
class Report:
    """The outcome of `verify`."""

    service: str
    history: str = ""
    head: int = 0
    events: int = 0
    aggregates: int = 0
    commands: int = 0
    messages: int = 0
    words: int = 0
    """Texts that events refer to and that are there."""
    words_gone: int = 0
    """Texts that were erased, or lost in a recovery; no finding."""
    blanked: int = 0
    """Events of districts that have left, whose payloads are gone; a finding where theirs has not."""
    findings: list[Finding] = field(default_factory=list)
    more: int = 0
    """Findings beyond those that are listed."""

    @property
    def ok(self) -> bool:
        return not self.findings

    @property
    def exit_code(self) -> int:
        return 0 if self.ok else 1

    def add(self, where: Where, what: str, **at: Any) -> None:
        if len(self.findings) < MOST:
            self.findings.append(Finding(where=where, what=what, **at))
        else:
            self.more += 1

    def to_json(self) -> str:
        return json.dumps({**asdict(self), "ok": self.ok})

    def text(self) -> str:
        """For a person: what was looked at, then what was found."""
        looked = (
            f"{self.service}: {self.events} events, {self.aggregates} aggregates, {self.commands} commands, "
            f"{self.words} private texts ({self.words_gone} erased or lost), {self.messages} messages"
        )
        if self.blanked:
            looked += f", {self.blanked} events blanked"
        if self.ok:
            return f"{looked}: the chain holds, every state is what its events make, the stream is the log."
        lines = [f"{looked}: {len(self.findings) + self.more} differences"]
        lines += [f"  {finding.text()}" for finding in self.findings]
        if self.more:
            lines.append(f"  … and {self.more} more")
        return "\n".join(lines)
