"""Who may do what in directory: operators and the district's administrators, and people their own address.

A person of the district may see that districts, schools and people exist; a stranger sees nothing.
"""

from backbone.deciding import Forbidden, Look, Unseen

from directory import district, org, person
from directory.district import District, DistrictCommand, DistrictFacts
from directory.org import Org, OrgCommand, OrgFacts
from directory.person import Person, PersonCommand, PersonFacts
from directory.person_erasure import EraseMentions, ErasureCommand, RequestErasure
from directory.roster_import import Roster, RosterCommand, RosterFacts


def authorise_district(state: District, command: DistrictCommand | Look, facts: DistrictFacts) -> None:
    """Operators open and close; an administrator may do the rest: clock, policy, calendar.

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
    if isinstance(command, Look):
        return
    if not facts.administers or isinstance(command, district.OpenDistrict | district.CloseDistrict):
        raise Forbidden


def authorise_org(state: Org, command: OrgCommand | Look, facts: OrgFacts) -> None:
    if isinstance(state, org.Unset) and not isinstance(command, org.OpenOrg):
        raise Unseen
    _operators_and_administrators(command, facts)


def authorise_person(
    state: Person, command: PersonCommand | ErasureCommand | Look, facts: PersonFacts
) -> None:
    """Only operators erase; who was erased is there for nobody but operators and administrators."""
    if isinstance(state, person.Unset) and not isinstance(command, person.EnrolPerson):
        raise Unseen
    if isinstance(command, person.ChangePerson) and command.own and _themselves(facts):
        return
    _operators_and_administrators(command, facts)
    if isinstance(state, person.Erased) and not (facts.administers or facts.by.kind == "operator"):
        raise Unseen
    if isinstance(command, RequestErasure | EraseMentions) and facts.by.kind != "operator":
        raise Forbidden


def authorise_roster(state: Roster, command: RosterCommand | Look, facts: RosterFacts) -> None:  # noqa: ARG001 - authorisers share a shape
    _operators_and_administrators(command, facts)


def _themselves(facts: PersonFacts) -> bool:
    return facts.belongs and facts.by.kind == "person" and facts.by.person == facts.aggregate_id


def _operators_and_administrators(
    command: OrgCommand | PersonCommand | ErasureCommand | RosterCommand | Look,
    facts: OrgFacts | PersonFacts | RosterFacts,
) -> None:
    if facts.by.kind == "operator":
        return
    if not facts.belongs:
        raise Unseen
    if not (facts.administers or isinstance(command, Look)):
        raise Forbidden
