"""The example district: the same seed gives the same bytes, and only the odd rows are wrong."""

import csv
import io
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from chalkline import example_bundle
from chalkline.commands.district import roster_example
from chalkline.example_roster import CAST, CAST_SCHOOL, Roster, roster
from chalkline.problem import Problem
from directory.roster.mapping import read_mapping
from hypothesis import given, settings
from hypothesis import strategies as st

MONDAY = date(2026, 8, 17)


def tables(of: Roster, *, odd: bool) -> dict[str, list[list[str]]]:
    files = example_bundle.files(of, year_begins=MONDAY, odd=odd)
    return {
        name: list(csv.reader(io.StringIO(content.decode(), newline=""))) for name, content in files.items()
    }


def column(table: list[list[str]], name: str) -> list[str]:
    at = table[0].index(name)
    return [row[at] for row in table[1:]]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    once, again, other = (
        example_bundle.bundle(roster(seed, schools=3, teachers=40, students=50), year_begins=MONDAY)
        for seed in (7, 7, 8)
    )
    assert once == again != other


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(), schools=st.integers(1, 130), more=st.integers(2, 300), students=st.integers(0, 50))
def test_every_district_is_whole(seed: int, schools: int, more: int, students: int) -> None:
    made = roster(seed, schools=schools, teachers=schools + more, students=students)
    assert len(made.schools) == len({school.name for school in made.schools}) == schools
    assert len(made.having("teacher")) == schools + more
    everybody = [*made.staff, *made.others]
    assert (
        len({one.sourced_id for one in everybody}) == len({one.email for one in everybody}) == len(everybody)
    )
    assert all(one.email.isascii() and one.email.endswith("@example.org") for one in everybody)
    told = tables(made, odd=False)
    orgs, users = set(column(told["orgs.csv"], "sourcedId")), set(column(told["users.csv"], "sourcedId"))
    assert set(column(told["roles.csv"], "orgSourcedId")) <= orgs
    assert set(column(told["roles.csv"], "userSourcedId")) == users
    assert set(column(told["enrollments.csv"], "userSourcedId")) <= users
    assert set(column(told["enrollments.csv"], "classSourcedId")) <= set(
        column(told["classes.csv"], "sourcedId")
    )
    for name, table in told.items():
        assert {len(row) for row in table} == {len(table[0])}, name


def test_a_school_has_one_principal_and_a_coach_for_every_twenty_teachers() -> None:
    made = roster(1, schools=8, teachers=300, students=0)
    assert Counter(one.org for one in made.having("principal")) == {s.sourced_id: 1 for s in made.schools}
    for school in made.schools:
        coaches = sum(one.org == school.sourced_id for one in made.having("teacher", "coach"))
        taught = sum(one.org == school.sourced_id for one in made.having("teacher"))
        assert coaches - (school.name == CAST_SCHOOL) == -(-taught // 20)


def test_the_cast_of_the_demo_is_there() -> None:
    made = roster(1, schools=2, teachers=20, students=0)
    known = {one.sourced_id: one for one in made.staff}
    for key, given_name, family, role, mapped in CAST:
        one = known[f"user-{key}"]
        assert (one.given, one.family, one.role, one.mapped) == (given_name, family, role, mapped)
        assert one.email == f"{key}@example.org"


def test_the_odd_rows_are_the_only_ones_that_are_wrong() -> None:
    made = roster(1, schools=2, teachers=20, students=10)
    sound, odd = tables(made, odd=False), tables(made, odd=True)
    assert [
        row
        for row in odd["users.csv"]
        if row not in sound["users.csv"] and len(row) != len(odd["users.csv"][0])
    ]
    assert set(column(odd["roles.csv"], "orgSourcedId")) - set(
        column(sound["roles.csv"], "orgSourcedId")
    ) == {"org-nowhere"}
    assert "31.08.2024" in column(odd["roles.csv"], "beginDate")


def test_the_manifest_tells_the_version_and_of_every_file() -> None:
    made = roster(1, schools=1, teachers=5, students=3)
    archive = zipfile.ZipFile(io.BytesIO(example_bundle.bundle(made, year_begins=MONDAY)))
    manifest = dict(csv.reader(io.StringIO(archive.read("manifest.csv").decode())))
    assert (manifest["manifest.version"], manifest["oneroster.version"]) == ("1.0", "1.2")
    stated = {f"{name.removeprefix('file.')}.csv" for name, how in manifest.items() if how == "bulk"}
    assert stated | {"manifest.csv"} == set(archive.namelist())


def test_the_command_writes_both_files_and_the_mapping_is_one(tmp_path: Path) -> None:
    assert roster_example(tmp_path / "here", schools=3, teachers=30, seed=4) == 0
    archive = zipfile.ZipFile(tmp_path / "here" / "roster.zip")
    users = list(csv.DictReader(io.StringIO(archive.read("users.csv").decode(), newline="")))
    known = {user["sourcedId"] for user in users}
    found = read_mapping((tmp_path / "here" / "mapping.yaml").read_bytes())
    assert {given.who.value for given in found.people} <= known
    assert {role.role for given in found.people for role in given.roles} == {"coach", "coaching_lead"}
    assert {teacher.value for one in found.evaluators for teacher in one.teachers} <= known
    assert len(found.evaluators) == 3


def test_the_command_says_what_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="9 schools cannot do with 8 teachers"):
        roster_example(tmp_path, schools=9, teachers=8)
    (tmp_path / "file").write_text("")
    with pytest.raises(Problem, match="cannot be written"):
        roster_example(tmp_path / "file")
    assert not list(tmp_path.glob("*.zip"))


@pytest.mark.parametrize(("schools", "teachers"), [(0, 5), (5, 4)])
def test_an_impossible_district_is_refused(schools: int, teachers: int) -> None:
    with pytest.raises(ValueError, match="a district has"):
        roster(1, schools=schools, teachers=teachers)
