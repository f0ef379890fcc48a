"""Figures by month: nothing that any months told, before and after whatever was corrected, is about fewer than five."""

from collections.abc import Sequence
from typing import Any

import pytest
from backbone import by_month
from backbone.by_month import Counted
from backbone.releasing import Turn, packed, unpacked
from backbone.suppressing import Least
from backbone.telling import Groups
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.attack import Sum, reveals
from kit.district_figures import person

MONTHS = ("2026-01", "2026-02", "2026-03")
AFTER = ("2026-02", "2026-03", "2026-04", "2026-05")
"""The months in which somebody reads."""


def counted(n: int, teachers: Sequence[int], month: str, met: int = 5) -> Counted:
    """A measurement, named after how it stands."""
    people = tuple(map(person, teachers))
    return Counted(f"{n}/{month}/{met}", "cold-call@2", month, people, {"met": met, "total": 10})


def stands(releases: Sequence[Sequence[Counted]]) -> list[tuple[Any, dict[Any, Sequence[str]]]]:
    """What each release tells, and of each group the things that it told of."""
    since = told = kept = None
    found = []
    for until, rows in zip(AFTER, releases, strict=False):
        turn = Turn(rows=rows, until=until, least=Least(), since=since, told=told, kept=kept)
        told, kept = (unpacked(packed(each)) for each in by_month.released(turn))
        since = until
        found.append((told, {tuple(key): things for key, things in kept[1]}))
    return found


def sums(releases: Sequence[Sequence[Counted]]) -> list[Sum]:
    return [dict.fromkeys(things, 1) for _, stood in stands(releases) for things in stood.values()]


def whom(releases: Sequence[Sequence[Counted]]) -> Any:
    people = {one.thing: one.people for rows in releases for one in rows}
    return people.__getitem__


def shown(release: Any) -> dict[str | None, int | None]:
    return {month: figures and figures["met"] for _, month, figures in by_month.told(release)}


@st.composite
def corrected(draw: st.DrawFn) -> list[list[Counted]]:
    """A year's measurements as they are known month by month: some late, some corrected, some taken back."""
    many = draw(st.integers(5, 9))
    drawn = st.tuples(st.integers(0, many - 1), st.sampled_from(MONTHS), st.integers(0, 3), st.integers(1, 5))
    taken = draw(st.lists(drawn, min_size=5, max_size=16))
    return [
        [
            counted(n, (teacher, (teacher + 1) % many) if n % 5 == 4 else (teacher,), month,
                    6 if late < release and changed == 1 else 5)
            for n, (teacher, month, late, changed) in enumerate(taken)
            if late <= release and not (changed == 2 and late + 1 < release)
        ]
        for release in range(len(AFTER))
    ]  # fmt: skip


@given(corrected())
@settings(max_examples=25, deadline=None)
def test_no_months_and_years_together_tell_of_fewer_than_five(releases: list[list[Counted]]) -> None:
    assert reveals(sums(releases), whom(releases), wholly=True) is None


def of_each(many: int, month: str, met: int = 5, first: int = 0) -> list[Counted]:
    return [counted(first + n, (n,), month, met) for n in range(many)]


def test_what_one_corrects_late_changes_no_month_that_was_told() -> None:
    before = of_each(8, "2026-01")
    after = {many: [*of_each(many, "2026-01", met=9), *before[many:]] for many in (1, 4, 5)}
    told = {many: shown(stands([before, rows])[1][0]) for many, rows in after.items()}
    assert told == {1: {None: 40, "2026-01": 40}, 4: {None: 40, "2026-01": 40}, 5: {None: 60, "2026-01": 60}}
    assert reveals(sums([before, after[1]]), whom([before, after[1]]), wholly=True) is None


def test_a_month_of_few_is_hidden_and_is_not_what_the_year_leaves_of_the_others() -> None:
    rows = [*of_each(8, "2026-01"), *of_each(4, "2026-02", first=8)]
    [_, (release, _)] = stands([of_each(8, "2026-01"), rows])
    assert shown(release) == {None: 40, "2026-01": 40, "2026-02": None}  # the year stands as it was
    [(at_once, _)] = stands([rows])
    assert shown(at_once) == {None: 40, "2026-01": 40}
    few = stands([of_each(4, "2026-01")])[0][0]
    assert shown(few) == {None: None, "2026-01": None}
    assert list(by_month.told(None)) == []


def test_enough_teachers_in_every_month_are_told_of_in_each() -> None:
    rows = [one for n, month in enumerate(MONTHS) for one in of_each(12, month, first=100 * n)]
    release = stands([rows, rows, rows])[2][0]
    assert shown(release) == {None: 180, "2026-01": 60, "2026-02": 60, "2026-03": 60}


def test_the_attack_finds_months_out_that_follow_every_correction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Groups, "_enough_changed", lambda *_: True)
    monkeypatch.setattr("backbone.differencing.Known.tell", lambda _, rows, __: frozenset(rows))
    before, after = of_each(8, "2026-01"), [*of_each(1, "2026-01", met=9), *of_each(8, "2026-01")[1:]]
    found = reveals(sums([before, after]), whom([before, after]), wholly=True)
    assert found is not None
    assert person(0) in found
