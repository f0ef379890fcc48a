"""An example roster as district IT would export it: a OneRoster 1.2 CSV bundle, and the mapping file beside it.

Headers and values are those of the CSV binding 1.2. The same roster gives the same bytes. What an import does
not take is in it as in a real one: students, guardians, courses, classes, enrollments, passwords; and three odd rows.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from chalkline.example_roster import OFFICE, Member, Roster

PASSWORD: Final = "nobody-keeps-this-password"  # noqa: S105 - it is nobody's
"""How every password in the bundle begins: none may be found anywhere after an import."""
EVALUATED: Final = 3
"""How many teachers of a school its assistant principal evaluates; the principal evaluates the others."""
WEEKS: Final = 40
"""How long the school year is: two semesters of 19 weeks, two weeks between them."""
COURSES: Final = ("Reading", "Mathematics", "Science", "History", "Music", "Spanish")
STATED: Final = (
    "academicSessions", "categories", "classes", "classResources", "courseResources", "courses", "demographics",
    "enrollments", "lineItemLearningObjectiveIds", "lineItems", "lineItemScoreScales", "orgs", "resources",
    "resultLearningObjectiveIds", "results", "resultScoreScales", "roles", "scoreScales", "userProfiles",
    "userResources", "users",
)  # fmt: skip
"""Every file a manifest speaks of."""
HEADERS: Final = {
    "academicSessions": "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear",
    "classes": (
        "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,"
        "schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods"
    ),
    "courses": (
        "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,"
        "subjectCodes"
    ),
    "enrollments": (
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,"
        "endDate"
    ),
    "orgs": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
    "roles": (
        "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,"
        "userProfileSourcedId"
    ),
    "users": (
        "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,"
        "email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,"
        "preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns"
    ),
}
Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Written:
    """Where a bundle and its mapping file lie."""

    bundle: Path
    mapping: Path


def write(folder: Path, roster: Roster, *, year_begins: date, odd: bool = True) -> Written:
    """Writes both into a folder, which is made if it is missing. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = Written(folder / "roster.zip", folder / "mapping.yaml")
    written.bundle.write_bytes(bundle(roster, year_begins=year_begins, odd=odd))
    written.mapping.write_text(mapping(roster), encoding="utf-8")
    return written


def bundle(roster: Roster, *, year_begins: date, odd: bool = True) -> bytes:
    """The whole bundle as a zip; `odd` adds rows that cannot be taken and must be told."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files(roster, year_begins=year_begins, odd=odd).items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def mapping(roster: Roster) -> str:
    """The mapping file: who coaches, who leads the coaches, and whom an assistant principal evaluates."""
    lines = ["# What the roster cannot say: OneRoster has no coaches.", "version: 1", "people:"]
    for member in roster.staff:
        if member.mapped:
            lines += [f"  - sourced_id: {member.sourced_id}", "    roles:", f"      - role: {member.mapped}",
                      "    instead: true  # of what the roster has them as"]  # fmt: skip
    lines.append("evaluators:")
    taught = roster.having("teacher")
    for administrator in roster.having("siteAdministrator"):
        theirs = [teacher.sourced_id for teacher in taught if teacher.org == administrator.org][:EVALUATED]
        lines += [f"  - evaluator: {administrator.sourced_id}", f"    teachers: [{', '.join(theirs)}]"]
    return "\n".join(lines) + "\n"


def files(roster: Roster, *, year_begins: date, odd: bool = True) -> dict[str, bytes]:
    """The bundle's files by name, as UTF-8 with CRLF."""
    tables: dict[str, Iterator[Row]] = {
        "academicSessions": _sessions(year_begins),
        "classes": _classes(roster),
        "courses": _courses(),
        "enrollments": _enrollments(roster, year_begins),
        "orgs": _orgs(roster),
        "roles": _roles(roster, odd=odd),
        "users": _users(roster, odd=odd),
    }
    made = {f"{name}.csv": _written(HEADERS[name].split(","), rows) for name, rows in tables.items()}
    return {"manifest.csv": _written(("propertyName", "value"), _manifest(tables)), **made}


def _written(header: Row, rows: Iterator[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _manifest(tables: Mapping[str, object]) -> Iterator[Row]:
    yield "manifest.version", "1.0"
    yield "oneroster.version", "1.2"
    for name in STATED:
        yield f"file.{name}", "bulk" if name in tables else "absent"
    yield "source.systemName", "An example"
    yield "source.systemCode", "example"


def _sessions(begins: date) -> Iterator[Row]:
    ends = begins + timedelta(weeks=WEEKS) - timedelta(days=3)
    year = str(ends.year)

    def session(sourced_id: str, title: str, kind: str, first: date, last: date, parent: str) -> Row:
        return sourced_id, "", "", title, kind, first.isoformat(), last.isoformat(), parent, year

    yield session("year", f"School year {year}", "schoolYear", begins, ends, "")
    autumn_ends, spring_begins = begins + timedelta(days=19 * 7 - 3), begins + timedelta(weeks=21)
    yield session("autumn", "Autumn", "semester", begins, autumn_ends, "year")
    yield session("spring", "Spring", "semester", spring_begins, ends, "year")


def _orgs(roster: Roster) -> Iterator[Row]:
    yield OFFICE, "", "", f"{roster.name}, district office", "district", "EX-0", ""
    for number, school in enumerate(roster.schools, 1):
        yield school.sourced_id, "", "", school.name, "school", f"EX-{number}", OFFICE


def _users(roster: Roster, *, odd: bool) -> Iterator[Row]:
    for number, member in enumerate((*roster.staff, *roster.others)):
        yield _user(member, f"{PASSWORD}-{number}" if number % 7 == 0 else "")
    if odd:
        for name in ("odd-org", "odd-date"):
            yield _user(Member(name, "Odd", "Chalkford", name, roster.schools[0].sourced_id, "teacher"), "")
        spoilt = Member("odd-comma", "Odd", "Chalkford", "odd.comma", roster.schools[0].sourced_id, "teacher")
        yield *_user(spoilt, ""), "a comma too many"


def _user(member: Member, password: str) -> Row:
    grade = "07" if member.role == "student" else ""
    return (
        member.sourced_id, "", "", "true", member.username, f"{{Local:{member.sourced_id}}}", member.given,
        member.family, "", member.sourced_id, member.email, "", "", "", grade, password, "", "", "", "", member.org, "",
    )  # fmt: skip


def _roles(roster: Roster, *, odd: bool) -> Iterator[Row]:
    for member in (*roster.staff, *roster.others):
        yield _role(member.sourced_id, member.role, member.begin, member.org)
    if odd:
        yield _role("odd-org", "teacher", "2024-08-01", "org-nowhere")
        yield _role("odd-date", "teacher", "31.08.2024", roster.schools[0].sourced_id)


def _role(user: str, role: str, begin: str, org: str) -> Row:
    return f"role-{user}", "", "", user, "primary", role, begin, "", org, ""


def _courses() -> Iterator[Row]:
    for number, title in enumerate(COURSES, 1):
        yield f"course-{number}", "", "", "year", title, title[:4].upper(), "07", OFFICE, title, ""


def _classes(roster: Roster) -> Iterator[Row]:
    """One in ten teachers has a class in the bundle; nobody here reads it."""
    for number, teacher in enumerate(roster.having("teacher")[::10]):
        course = number % len(COURSES)
        yield (
            f"class-{teacher.sourced_id}", "", "", f"{COURSES[course]} 7", "07", f"course-{course + 1}", "",
            "scheduled", "", teacher.org, "autumn,spring", COURSES[course], "", "1",
        )  # fmt: skip


def _enrollments(roster: Roster, begins: date) -> Iterator[Row]:
    taught = {teacher.org: teacher for teacher in roster.having("teacher")[::10]}
    for teacher in taught.values():
        yield _enrollment(teacher, teacher, "teacher", begins)
    for member in roster.others:
        if member.role == "student" and member.org in taught:
            yield _enrollment(member, taught[member.org], "student", begins)


def _enrollment(member: Member, teacher: Member, role: str, begins: date) -> Row:
    return (
        f"enrollment-{member.sourced_id}", "", "", f"class-{teacher.sourced_id}", teacher.org, member.sourced_id,
        role, "true" if role == "teacher" else "false", begins.isoformat(), "",
    )  # fmt: skip
