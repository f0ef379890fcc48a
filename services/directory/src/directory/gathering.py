"""How a decision of directory comes to be told what it needs: what the actor is to the district, and what is named."""

from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID

from backbone.deciding import Asking, Look, Unseen

from directory import district, org, person
from directory.district import District, DistrictCommand, DistrictFacts
from directory.org import Org, OrgCommand, OrgFacts
from directory.person import Person, PersonCommand, PersonFacts
from directory.person_erasure import ErasureCommand
from directory.roster.following import FollowRosterOrg, FollowRosterPerson
from directory.roster_import import Roster, RosterCommand, RosterFacts
from directory.time_zone import day_in


class Standing(NamedTuple):
    """What the actor is to the district today."""

    belongs: bool
    administers: bool
    today: date | None
    """Which day that is there; None: the district is not open."""


async def standing(asking: Asking, of: District) -> Standing:
    """Whether the actor is an active person of the tenant, and holds administrator at its district org."""
    today = day_in(of.time_zone, of.clock or datetime.now(UTC)) if isinstance(of, district.Open) else None
    actor = asking.by.person
    if asking.by.kind != "person" or actor is None:
        return Standing(belongs=False, administers=False, today=today)
    state: Person = await asking.state("Person", actor)
    if not isinstance(state, person.Active):
        return Standing(belongs=False, administers=False, today=today)
    administers = today is not None and await _administers(asking, state, today)
    return Standing(belongs=True, administers=administers, today=today)


async def colleague(asking: Asking) -> Standing:
    """What somebody who asks for a list is to the district. Raises Unseen for who is neither of it nor its operator."""
    here = await standing(asking, await asking.state("District", asking.tenant))
    if not here.belongs and asking.by.kind != "operator":
        raise Unseen
    return here


async def _administers(asking: Asking, actor: person.Active, today: date) -> bool:
    for role in actor.roles:
        if role.role == "administrator" and role.on(today):
            at: Org = await asking.state("Org", role.org_id)
            if isinstance(at, org.Open) and at.type == "district":
                return True
    return False


async def gather_district(asking: Asking, state: District, command: DistrictCommand | Look) -> DistrictFacts:
    belongs, administers, _ = await standing(asking, state)
    held = await asking.fact("held", asking.tenant) if isinstance(command, district.CloseDistrict) else None
    return DistrictFacts(
        by=asking.by,
        command_id=asking.command_id,
        aggregate_id=asking.aggregate_id,
        belongs=belongs,
        administers=administers,
        holds=held["holds"] if held else 0,
    )


async def gather_org(asking: Asking, state: Org, command: OrgCommand | FollowRosterOrg | Look) -> OrgFacts:  # noqa: ARG001 - gatherers share a shape
    of: District = await asking.state("District", asking.tenant)
    belongs, administers, _ = await standing(asking, of)
    named = command.parent_id if isinstance(command, org.OpenOrg | org.ChangeOrg | FollowRosterOrg) else None
    parent = await _org(asking, named)
    return OrgFacts(
        by=asking.by,
        command_id=asking.command_id,
        aggregate_id=asking.aggregate_id,
        belongs=belongs,
        administers=administers,
        district_open=isinstance(of, district.Open),
        parent_type=parent.type if parent else None,
    )


async def gather_person(
    asking: Asking,
    state: Person,
    command: PersonCommand | ErasureCommand | FollowRosterPerson | Look,
) -> PersonFacts:
    of: District = await asking.state("District", asking.tenant)
    belongs, administers, _ = await standing(asking, of)
    org_open = evaluator_active = False
    led_by: tuple[UUID, ...] = ()
    if isinstance(command, Look) and isinstance(state, person.Active) and not state.evaluator_ids:
        row = await asking.fact("led_by", asking.aggregate_id)
        led_by = tuple(row["person_ids"]) if row else ()
    if isinstance(command, person.AssignRole):
        org_open = await _org(asking, command.org_id) is not None
    if isinstance(command, person.AssignEvaluator):
        evaluator = await asking.state("Person", command.evaluator_id)
        evaluator_active = isinstance(evaluator, person.Active)
    orgs_open = evaluators_active = frozenset[UUID]()
    if isinstance(command, FollowRosterPerson):
        named = {role.org_id for role in command.roles}
        orgs_open = frozenset([i for i in named if await _org(asking, i) is not None])
        told = command.evaluator_ids or ()
        evaluators_active = frozenset(
            [i for i in told if isinstance(await asking.state("Person", i), person.Active)]
        )
    return PersonFacts(
        by=asking.by,
        command_id=asking.command_id,
        aggregate_id=asking.aggregate_id,
        belongs=belongs,
        administers=administers,
        time_zone=of.time_zone if isinstance(of, district.Open) else None,
        org_open=org_open,
        evaluator_active=evaluator_active,
        led_by=led_by,
        orgs_open=orgs_open,
        evaluators_active=evaluators_active,
    )


async def gather_roster(asking: Asking, state: Roster, command: RosterCommand | Look) -> RosterFacts:  # noqa: ARG001 - gatherers share a shape
    of: District = await asking.state("District", asking.tenant)
    belongs, administers, _ = await standing(asking, of)
    return RosterFacts(
        by=asking.by,
        command_id=asking.command_id,
        aggregate_id=asking.aggregate_id,
        belongs=belongs,
        administers=administers,
        district_open=isinstance(of, district.Open),
    )


async def _org(asking: Asking, org_id: UUID | None) -> org.Open | None:
    state: Org | None = None if org_id is None else await asking.state("Org", org_id)
    return state if isinstance(state, org.Open) else None
