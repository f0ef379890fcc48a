"""Who may do what in directory: operators and the district's administrators, nobody else.

A person of the district may see that districts, schools and people exist; a stranger sees nothing.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from backbone.deciding import Asking, Forbidden, Unseen

from directory import district, org, person
from directory.district import District, DistrictCommand, DistrictFacts
from directory.org import Org, OrgCommand, OrgFacts
from directory.person import Person, PersonCommand, PersonFacts
from directory.time_zone import day_in


def authorise_district(state: District, command: DistrictCommand, facts: DistrictFacts) -> None:
    """Operators open and close; an administrator may also advance a sandbox's clock.

    A district's id is its tenant, so an operator of another tenant finds nothing here.
    """
    if facts.aggregate_id != facts.by.tenant:
        raise Unseen
    if isinstance(state, district.Unset) and not isinstance(command, district.OpenDistrict):
        raise Unseen
    if facts.by.kind == "operator":
        return
    if not facts.belongs:
        raise Unseen
    if not (facts.administers and isinstance(command, district.AdvanceClock)):
        raise Forbidden


def authorise_org(state: Org, command: OrgCommand, facts: OrgFacts) -> None:
    if isinstance(state, org.Unset) and not isinstance(command, org.OpenOrg):
        raise Unseen
    _operators_and_administrators(facts)


def authorise_person(state: Person, command: PersonCommand, facts: PersonFacts) -> None:
    if isinstance(state, person.Unset) and not isinstance(command, person.EnrolPerson):
        raise Unseen
    _operators_and_administrators(facts)


def _operators_and_administrators(facts: OrgFacts | PersonFacts) -> None:
    if facts.by.kind == "operator":
        return
    if not facts.belongs:
        raise Unseen
    if not facts.administers:
        raise Forbidden


class Standing(NamedTuple):
    """What the actor is to the district today."""

    belongs: bool
    administers: bool


async def standing(asking: Asking, time_zone: str | None) -> Standing:
    """Whether the actor is an active person of the tenant, and holds administrator at its district org."""
    actor = asking.by.person
    if asking.by.kind != "person" or actor is None:
        return Standing(belongs=False, administers=False)
    state: Person = await asking.state("Person", actor)
    if not isinstance(state, person.Active):
        return Standing(belongs=False, administers=False)
    if time_zone is None:
        return Standing(belongs=True, administers=False)
    return Standing(belongs=True, administers=await _administers(asking, state, time_zone, asking.now))


async def _administers(asking: Asking, actor: person.Active, time_zone: str, now: datetime) -> bool:
    today = day_in(time_zone, now)
    for role in actor.roles:
        if role.role == "administrator" and role.on(today):
            at: Org = await asking.state("Org", role.org_id)
            if isinstance(at, org.Open) and at.type == "district":
                return True
    return False


async def _time_zone(asking: Asking) -> str | None:
    """The open district's, or None."""
    state: District = await asking.state("District", asking.tenant)
    return state.time_zone if isinstance(state, district.Open) else None


async def gather_district(asking: Asking, state: District, command: DistrictCommand) -> DistrictFacts:  # noqa: ARG001 - gatherers share a shape
    time_zone = state.time_zone if isinstance(state, district.Open | district.Closed) else None
    belongs, administers = await standing(asking, time_zone)
    return DistrictFacts(
        by=asking.by,
        command_id=asking.command_id,
        aggregate_id=asking.aggregate_id,
        belongs=belongs,
        administers=administers,
    )


async def gather_org(asking: Asking, state: Org, command: OrgCommand) -> OrgFacts:  # noqa: ARG001 - gatherers share a shape
    time_zone = await _time_zone(asking)
    belongs, administers = await standing(asking, time_zone)
    parent = await _org(asking, None if isinstance(command, org.CloseOrg) else command.parent_id)
    return OrgFacts(
        by=asking.by,
        command_id=asking.command_id,
        aggregate_id=asking.aggregate_id,
        belongs=belongs,
        administers=administers,
        district_open=time_zone is not None,
        parent_type=parent.type if parent else None,
    )


async def gather_person(asking: Asking, state: Person, command: PersonCommand) -> PersonFacts:  # noqa: ARG001 - gatherers share a shape
    time_zone = await _time_zone(asking)
    belongs, administers = await standing(asking, time_zone)
    org_open = evaluator_active = False
    if isinstance(command, person.AssignRole):
        org_open = await _org(asking, command.org_id) is not None
    if isinstance(command, person.AssignEvaluator):
        evaluator = await asking.state("Person", command.evaluator_id)
        evaluator_active = isinstance(evaluator, person.Active)
    return PersonFacts(
        by=asking.by,
        command_id=asking.command_id,
        aggregate_id=asking.aggregate_id,
        belongs=belongs,
        administers=administers,
        time_zone=time_zone,
        org_open=org_open,
        evaluator_active=evaluator_active,
    )


async def _org(asking: Asking, org_id: UUID | None) -> org.Open | None:
    state: Org | None = None if org_id is None else await asking.state("Org", org_id)
    return state if isinstance(state, org.Open) else None
