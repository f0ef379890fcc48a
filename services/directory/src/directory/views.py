"""What a reader sees of districts, organisations and people: names to those of the district, more to few."""

from typing import Any

from directory import district, org, person
from directory.district import District, DistrictFacts
from directory.org import Org, OrgFacts
from directory.person import Person, PersonFacts


def view_district(state: District, facts: DistrictFacts) -> dict[str, Any]:  # noqa: ARG001 - views share a shape
    match state:
        case district.Open():
            return {
                "status": "open",
                "name": state.name_ref,
                "time_zone": state.time_zone,
                "sandbox": state.clock is not None,
                "clock": state.clock,
                "policy": state.policy,
                "calendar": state.calendar,
            }
        case district.Closed():
            return {"status": "closed", "name": state.name_ref, "time_zone": state.time_zone}
        case _:
            return {}


def view_org(state: Org, facts: OrgFacts) -> dict[str, Any]:
    match state:
        case org.Open():
            seen = {
                "status": "open",
                "name": state.name_ref,
                "type": state.type,
                "parent_id": state.parent_id,
                "time_zone": state.time_zone,
            }
            if facts.administers or facts.by.kind == "operator":
                seen["sourced_id"] = state.sourced_id_ref
            return seen
        case org.Closed():
            return {"status": "closed", "name": state.name_ref, "type": state.type}
        case _:
            return {}


def view_person(state: Person, facts: PersonFacts) -> dict[str, Any]:
    """Colleagues see name and roles; the person, administrators and operators see everything.

    Unless mapped otherwise, principals and administrators of a teacher's school evaluate; a mapping stands
    until it is withdrawn.
    """
    closely = facts.administers or facts.by.kind == "operator" or facts.by.person == facts.aggregate_id
    match state:
        case person.Active():
            seen = {"status": "active", "name": state.name_ref, "roles": [_role(r) for r in state.roles]}
            if not closely:
                return seen
            return seen | {
                "email": state.email_ref,
                "sourced_id": state.sourced_id_ref,
                "experience_band": state.experience_band,
                "evaluators": {
                    "mapped": bool(state.evaluator_ids),
                    "person_ids": state.evaluator_ids or facts.led_by,
                },
            }
        case person.Deactivated():
            return {"status": "deactivated", "name": state.name_ref}
        case _:
            return {}


def _role(held: person.HeldRole) -> dict[str, Any]:
    """Which row of a roster gave it is nobody's business but the next import's."""
    return {"role": held.role, "org_id": held.org_id, "begin": held.begin, "end": held.end}
