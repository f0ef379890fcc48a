"""Which organisations an import opens, changes and closes, and where each lies."""

from collections.abc import Iterator, Mapping
from typing import Final
from uuid import UUID

from directory.org import ABOVE
from directory.roster.known import Known, KnownOrg
from directory.roster.mapping import MappingFile
from directory.roster.said import OrgSaid, Said
from directory.roster.steps import MAPPING, Action, OrgStep, Plan

DEEPEST: Final = 50
"""How many organisations may lie in one another; more is as good as a circle."""


def plan_orgs(plan: Plan, said: Said, known: Known, mapping: MappingFile) -> dict[str, UUID]:
    """The ids of the organisations that people may be at, by sourcedId."""
    office = known.office
    places = {sourced_id: one.id for sourced_id, one in known.orgs.items() if one.open}
    taken = _taken(said, known, office)
    plan.closing = list(_closing(said, known))
    for sourced_id in (*said.orgs_gone, *(step.sourced_id for step in plan.closing)):
        places.pop(sourced_id, None)
    for one in taken:
        here = known.orgs.get(one.sourced_id)
        if one.type == "district" and office is not None:
            here = office
        places[one.sourced_id] = here.id if here else known.ids("Org", one.sourced_id)
    root = next(
        (places[one.sourced_id] for one in taken if one.type == "district"), office.id if office else None
    )
    for one in taken:
        step = _org_step(one, _parent(one, said, known, places, root), known, places, mapping)
        if step is not None:
            plan.orgs.append(step)
    for org in mapping.time_zones:
        if org not in places:
            said.findings.add(MAPPING, 0, "time_zones", "mapping_org_unknown")
    return places


def _taken(said: Said, known: Known, office: KnownOrg | None) -> list[OrgSaid]:
    """The organisations that can be taken, parents before what lies in them."""
    taken: list[OrgSaid] = []
    districts = [one for one in said.orgs.values() if one.type == "district"]
    own = next((one for one in districts if office and one.sourced_id == office.sourced_id), None)
    own = own or (districts[0] if districts else None)
    for one in said.orgs.values():
        here = known.orgs.get(one.sourced_id)
        if one.type == "district" and one is not own:
            said.findings.add("orgs.csv", one.line, "type", "district_twice")
        elif here and here.open and here.type != one.type and "district" in (here.type, one.type):
            said.findings.add("orgs.csv", one.line, "type", "org_type_changed")
        elif _in_circle(one, said):
            said.findings.add("orgs.csv", one.line, "parentSourcedId", "reference_in_circle")
        else:
            taken.append(one)
    said.orgs_unsure |= said.orgs.keys() - {one.sourced_id for one in taken}
    said.orgs = {one.sourced_id: one for one in taken}
    rank = ("district", "school", "department")
    return sorted(taken, key=lambda one: rank.index(one.type))


def _in_circle(one: OrgSaid, said: Said) -> bool:
    seen, parent = {one.sourced_id}, one.parent
    while parent is not None and (above := said.orgs.get(parent)) is not None:
        if parent in seen:
            return parent == one.sourced_id
        if len(seen) == DEEPEST:
            return True
        seen.add(parent)
        parent = above.parent
    return False


def _parent(
    one: OrgSaid, said: Said, known: Known, places: Mapping[str, UUID], root: UUID | None
) -> UUID | None:
    """Where it lies: in the nearest organisation above it that can hold it, else in the district."""
    if one.type == "district":
        return None
    parent, passed = one.parent, {one.sourced_id}
    while parent is not None and parent not in passed:
        if parent in said.orgs_above:
            return root
        above = said.orgs.get(parent)
        here = known.orgs.get(parent)
        kind = above.type if above else here.type if here and here.open else None
        if kind is None or parent not in places:
            said.findings.add("orgs.csv", one.line, "parentSourcedId", "parent_not_found")
            return root
        if kind in ABOVE[one.type]:
            return places[parent]
        if len(passed) == 1:
            said.findings.add("orgs.csv", one.line, "parentSourcedId", "parent_not_above")
        passed.add(parent)
        parent = above.parent if above else None
    return root


def _org_step(
    one: OrgSaid, parent_id: UUID | None, known: Known, places: Mapping[str, UUID], mapping: MappingFile
) -> OrgStep | None:
    own_id, zone = places[one.sourced_id], mapping.time_zones.get(one.sourced_id)
    here = known.orgs_by_id.get(own_id)
    if here is None:
        return OrgStep(
            "add", own_id, 0, one.sourced_id, one.type, one.line, parent_id, one.name, zone, names_itself=True
        )
    if here.sourced_id is None:
        return None  # the district's office, opened by hand: whoever did it sees to it
    name = None if one.name == here.name else one.name
    same = (here.open, here.type, here.parent_id, here.sourced_id) == (
        True,
        one.type,
        parent_id,
        one.sourced_id,
    )
    if same and name is None and zone in (None, here.time_zone):
        return None
    action: Action = "change" if here.open else "add"
    renumbered = here.sourced_id != one.sourced_id
    return OrgStep(
        action, own_id, here.version, one.sourced_id, one.type, one.line, parent_id, name, zone, renumbered
    )


def _closing(said: Said, known: Known) -> Iterator[OrgStep]:
    mode, held_back = said.mode("orgs.csv"), "orgs.csv" in said.untold
    for sourced_id, here in known.orgs.items():
        if not here.open or here.type == "district":
            continue
        absent = mode == "bulk" and sourced_id not in said.orgs and sourced_id not in said.orgs_unsure
        if sourced_id in said.orgs_gone or (absent and not held_back):
            yield OrgStep("remove", here.id, here.version, sourced_id, here.type)
        elif absent:
            said.findings.add("orgs.csv", 0, None, "removals_held_back")
            return
