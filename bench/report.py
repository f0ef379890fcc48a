"""What came out: medians over rounds with their spread, ratios within rounds, held against the targets."""

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results" / "latest.json"


@dataclass(frozen=True)
class Row:
    """One figure: its median over the rounds, the least and the most, and what it should be."""

    name: str
    unit: str
    median: float
    least: float
    most: float
    target: str = ""
    met: bool | None = None


@dataclass(frozen=True)
class Section:
    title: str
    rows: Sequence[Row]
    notes: Sequence[str] = field(default_factory=tuple)


def row(
    name: str,
    unit: str,
    values: Sequence[float],
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Row:
    median = statistics.median(values)
    target = f"≥ {at_least:g}" if at_least is not None else f"≤ {at_most:g}" if at_most is not None else ""
    met = median >= at_least if at_least is not None else median <= at_most if at_most is not None else None
    return Row(name, unit, round(median, 3), round(min(values), 3), round(max(values), 3), target, met)


def ratio_row(
    name: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Row:
    """Ratios are taken within rounds, so that a busy machine disturbs both sides alike."""
    return row(
        name, "×", [a / b for a, b in zip(ours, theirs, strict=True)], at_least=at_least, at_most=at_most
    )


def show(section: Section, console: Console) -> None:
    table = Table("", "median", "least – most", "target", title=section.title, title_justify="left")
    for found in section.rows:
        verdict = {True: " [green]✓[/]", False: " [red]✗[/]", None: ""}[found.met]
        table.add_row(
            found.name,
            f"{number(found.median)} {found.unit}",
            f"{number(found.least)} – {number(found.most)}",
            f"{found.target}{verdict}",
        )
    console.print(table)
    for note in section.notes:
        console.print(f"  {note}", highlight=False)


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def keep(sections: Sequence[Section], *, quick: bool) -> None:
    """Writes the last run's figures, with what kind of machine made them."""
    RESULTS.parent.mkdir(exist_ok=True)
    told = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": quick,
        "machine": {
            "cores": os.cpu_count(),
            "architecture": platform.machine(),
            "system": platform.system(),
            "python": platform.python_version(),
        },
        "sections": [asdict(section) for section in sections],
    }
    RESULTS.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
