"""Rosters as tests write them: a few lines of OneRoster, packed as a district would send them."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import httpx

from kit.running import Served

HEADERS: Mapping[str, str] = {
    "orgs": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
    "users 1.1": (
        "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,"
        "middleName,identifier,email,sms,phone,agentSourcedIds,grades,password"
    ),
    "users 1.2": (
        "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,"
        "email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,"
        "preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns"
    ),
    "roles": (
        "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,"
        "userProfileSourcedId"
    ),
    "academicSessions": "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear",
}
CHANGED = "2026-03-02T15:00:00.000Z"
SECRET = "hunter2-is-nobodys-password"

Mode = Literal["bulk", "delta"]
Row = Mapping[str, str]


@dataclass
class Roster:
    """`orgs`, `users`, … are rows by column; a user's `role` and `orgs` go where the version has them."""

    version: str = "1.2"
    mode: Mode = "bulk"
    orgs: list[dict[str, str]] = field(default_factory=list)
    users: list[dict[str, str]] = field(default_factory=list)
    roles: list[dict[str, str]] = field(default_factory=list)
    sessions: list[dict[str, str]] = field(default_factory=list)

    def org(self, sourced_id: str, kind: str = "school", parent: str = "d", **more: str) -> "Roster":
        told = {
            "sourcedId": sourced_id,
            "name": f"The {sourced_id} {kind}",
            "type": kind,
            "parentSourcedId": parent,
        }
        self.orgs.append(told | ({"parentSourcedId": ""} if kind == "district" else {}) | more)
        return self

    def user(self, sourced_id: str, role: str = "teacher", org: str = "s1", **more: str) -> "Roster":
        told = {
            "sourcedId": sourced_id, "enabledUser": "true", "username": sourced_id, "givenName": f"Given {sourced_id}",
            "familyName": f"Family {sourced_id}", "email": f"{sourced_id}@example.org", "password": SECRET,
            "identifier": f"no-{sourced_id}", "role": role, "orgSourcedIds": org,
        }  # fmt: skip
        self.users.append(told | more)
        if self.version == "1.2" and role:
            for place in org.split(","):
                self.role(sourced_id, role, place)
        return self

    def role(self, user: str, role: str, org: str, **more: str) -> "Roster":
        told = {
            "sourcedId": f"{user}-{role}-{org}",
            "userSourcedId": user,
            "roleType": "primary",
            "role": role,
        }
        self.roles.append(told | {"orgSourcedId": org} | more)
        return self

    def session(self, sourced_id: str, kind: str, begin: str, end: str, **more: str) -> "Roster":
        told = {
            "sourcedId": sourced_id,
            "title": sourced_id,
            "type": kind,
            "startDate": begin,
            "endDate": end,
        }
        self.sessions.append(told | more)
        return self

    def files(self) -> dict[str, bytes]:
        tables = {"orgs": self.orgs, "users": self.users, "academicSessions": self.sessions}
        if self.version == "1.2":
            tables["roles"] = self.roles
        told = {
            name: rows
            for name, rows in tables.items()
            if rows or (self.mode == "bulk" and name != "academicSessions")
        }
        manifest = [
            ["propertyName", "value"],
            ["manifest.version", "1.0"],
            ["oneroster.version", self.version],
        ]
        every = (
            "academicSessions",
            "classes",
            "courses",
            "demographics",
            "enrollments",
            "orgs",
            "roles",
            "users",
        )
        manifest += [[f"file.{name}", self.mode if name in told else "absent"] for name in every]
        made = {"manifest.csv": written(manifest)}
        for name, rows in told.items():
            header = HEADERS.get(name) or HEADERS[f"{name} {self.version}"]
            made[f"{name}.csv"] = table(header, rows, self.mode)
        return made

    def zip(self) -> bytes:
        return packed(self.files())


def district(version: str = "1.2", mode: Mode = "bulk") -> Roster:
    """A district with two schools, and an administrator of it."""
    made = Roster(version, mode).org("d", "district").org("s1").org("s2")
    return made.user("boss", "administrator" if version == "1.1" else "districtAdministrator", "d")


def table(header: str, rows: Sequence[Row], mode: Mode = "bulk") -> bytes:
    names = header.split(",")
    extra = [name for row in rows for name in row if name.startswith("metadata.") and name not in names]
    names += dict.fromkeys(extra)
    changed = {"status": "active", "dateLastModified": CHANGED} if mode == "delta" else {}
    return written([names, *([(changed | dict(row)).get(name, "") for name in names] for row in rows)])


def written(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def packed(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


@dataclass(frozen=True)
class Told:
    """What an import answered."""

    status: int
    lines: list[dict[str, Any]]
    problem: dict[str, Any]

    @property
    def done(self) -> dict[str, Any]:
        found: dict[str, Any] = self.lines[-1]["done"]
        return found

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [line["row"] for line in self.lines if "row" in line]

    @property
    def counts(self) -> tuple[int, int, int, int]:
        return tuple(self.done[name] for name in ("added", "changed", "removed", "rejected"))  # type: ignore[return-value]

    @property
    def code(self) -> str | None:
        """Why the bundle was refused."""
        errors = self.problem.get("errors") or [{}]
        return errors[0].get("code") or self.problem.get("code")


async def send(
    directory: Served,
    tenant: UUID,
    bundle: bytes,
    *,
    mapping: str | None = None,
    by: UUID | None = None,
    **options: str,
) -> Told:
    """Imports, as the district's operator unless `by` says otherwise."""
    files: dict[str, Any] = {"bundle": ("roster.zip", bundle, "application/zip")}
    if mapping is not None:
        files["mapping"] = ("mapping.yaml", mapping.encode(), "application/yaml")
    headers = directory.issuer.operator(tenant) if by is None else directory.issuer.person(by, tenant)
    answer = await directory.http.post(
        "/v1/roster-imports", files=files, headers=headers, params=options, timeout=120
    )
    return told(answer)


def told(answer: httpx.Response) -> Told:
    if answer.status_code != 200:
        return Told(answer.status_code, [], answer.json())
    return Told(200, [json.loads(line) for line in answer.text.splitlines()], {})
