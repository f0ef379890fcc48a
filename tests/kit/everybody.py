"""Everybody who may come to read, what each is to each thing of `kit.practice`, and every read there is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kit.practice import Practice, open_practice
from kit.running import Platform
from kit.school import open_school

NAMES = ("directory", "goals", "observations", "notifications")

OVERSEE = {who: {who} for who in ("administrator", "coaching_lead", "principal")}
PAIRS = {"teacher": {"owner"}, "coach": {"coach"}} | OVERSEE
GROUPS = {"theo": {"owner"}, "tom": {"owner"}, "tina": {"owner"}, "coach": {"coach"}} | OVERSEE
WRITTEN = PAIRS | {"teacher": {"owner", "author"}, "coach": {"coach", "author"}}
OPENED = PAIRS | {"confidant": {"audience"}}
COMMON: Mapping[str, set[str]] = {}

THINGS: Mapping[str, tuple[str, str, Mapping[str, set[str]]]] = {
    # name: service, collection, and what people are to it; whoever is not named is a colleague
    "partnership": ("goals", "partnerships", WRITTEN),
    "group": ("goals", "partnerships", GROUPS),
    "ended": ("goals", "partnerships", PAIRS | {"coach": set(), "former": {"former"}}),
    "cycle": ("goals", "cycles", PAIRS),
    "group_cycle": ("goals", "cycles", GROUPS),
    "ended_cycle": ("goals", "cycles", PAIRS | {"coach": set(), "former": {"former"}}),
    "goal": ("goals", "goals", OPENED),
    "group_goal": ("goals", "goals", GROUPS | {"tina": {"group"}}),
    "theos_goal": ("goals", "goals", GROUPS | {"tom": set(), "tina": set()}),
    "ended_goal": ("goals", "goals", PAIRS | {"coach": set(), "former": {"former"}}),
    "step": ("goals", "action-steps", OPENED),
    "glass": ("goals", "break-glass", {"teacher": {"owner"}, "administrator": {"administrator"}}),
    "initiative": ("goals", "initiatives", COMMON),
    "template": ("goals", "model-templates", COMMON),
    "observation": ("observations", "observations", WRITTEN | {"confidant": {"audience"}}),
    "voided": ("observations", "observations", {"teacher": {"owner"}, "coach": {"coach"}}),
    "scheduled": ("observations", "observations", PAIRS),
    "ended_observation": ("observations", "observations", PAIRS | {"coach": set(), "former": {"former"}}),
    "held": ("observations", "activities", PAIRS),
    "planned": ("observations", "activities", PAIRS),
    "missed": ("observations", "activities", {"teacher": {"owner"}, "coach": {"coach"}}),
    "private_reflection": ("observations", "reflections", {"teacher": {"author"}}),
    "shared_reflection": ("observations", "reflections", {"teacher": {"author"}, "coach": {"coach"}}),
    "instrument": ("observations", "instruments", COMMON),
    "rule": ("notifications", "milestone-rules", COMMON),
    "notification": ("notifications", "notifications", {"teacher": {"self"}}),
    "preference": ("notifications", "preferences", {"teacher": {"self"}}),
    "person": ("directory", "people", {"teacher": {"self"}, "administrator": {"administrator"}}),
    "school": ("directory", "orgs", {"administrator": {"administrator"}}),
    "district": ("directory", "districts", COMMON),
}

ID_OF = {
    "partnerships": "partnership_id", "cycles": "cycle_id", "goals": "goal_id", "action-steps": "step_id",
    "initiatives": "initiative_id", "model-templates": "template_id", "observations": "observation_id",
    "activities": "activity_id", "reflections": "reflection_id", "instruments": "instrument_id",
    "milestone-rules": "rule_id", "inbox": "notification_id", "people": "person_id", "orgs": "org_id",
    "dosage": "cycle_id", "coaching-activity": "cycle_id", "caseload": "cycle_id",
    "instrument-versions": "instrument_id", "break-glass": "break_glass_id",
}  # fmt: skip
"""What a row of a list is about. The other lists are figures: they are about nobody."""

NOT_THINGS = {"/v1/clock/{tenant}"}
"""Reads that tell of a service's work, not of coaching."""


@dataclass(frozen=True)
class Reader:
    """Somebody who reads: of the district, its operator, or somebody of another district."""

    name: str
    person: UUID | None
    tenant: UUID

    def relations(self, thing: str) -> set[str]:
        return self.among(THINGS[thing][2])

    def among(self, people: Mapping[str, set[str]]) -> set[str]:
        match self.name:
            case "operator" | "stranger" as own:
                return {own}
            case _:
                return people.get(self.name, set()) | {"colleague"}


@dataclass(frozen=True)
class World:
    practice: Practice
    readers: tuple[Reader, ...]
    documents: Mapping[str, Any]

    async def get(self, service: str, path: str, by: Reader, **headers: str) -> Any:
        served = self.practice.platform.services[service]
        return await served.get(path, by=by.person, tenant=by.tenant, **headers)

    def reads(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Every GET of every service that is about coaching, with its description."""
        for service, document in self.documents.items():
            for path, operations in document["paths"].items():
                if "get" in operations and path.startswith("/v1/") and path not in NOT_THINGS:
                    yield service, path, operations["get"]


async def everybody(platform: Platform) -> World:
    """A district full of coaching, and whoever may come to look at it."""
    practice = await open_practice(platform)
    school = practice.school
    elsewhere = await open_school(platform)
    inbox = await platform.notifications.get("/v1/inbox", by=school.teacher, tenant=school.tenant)
    practice.ids |= {
        "notification": UUID(inbox.json()[0]["notification_id"]), "preference": school.teacher,
        "person": school.teacher, "school": school.school, "district": school.tenant,
    }  # fmt: skip
    readers = (
        *(Reader(name, person, school.tenant) for name, person in school.people.items()),
        Reader("operator", None, school.tenant),
        Reader("stranger", elsewhere.administrator, elsewhere.tenant),
        Reader("stranger", school.teacher, elsewhere.tenant),  # a forged mixture of both
    )
    documents = {n: (await platform.services[n].http.get("/openapi.json")).json() for n in NAMES}
    return World(practice, readers, documents)
