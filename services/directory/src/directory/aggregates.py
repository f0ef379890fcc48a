"""What directory keeps: districts, organisations, people, and the roster they come from."""

from backbone.attesting import erasure_of
from backbone.deciding import Aggregate
from backbone.operations import operation_of
from chalkline_contracts.event import events_of

from directory import (
    access,
    calendar,
    district,
    gathering,
    org,
    person,
    person_erasure,
    policy,
    roster_import,
    views,
)
from directory.roster import following

DISTRICT: Aggregate[district.District] = Aggregate(
    name="District",
    collection="districts",
    initial=district.Unset(),
    states=(district.Unset, district.Open, district.Closed),
    events=tuple(events_of("directory", "District")),
    begins=(district.OpenDistrict,),
    commands=(
        district.AdvanceClock,
        policy.ChangePolicy,
        calendar.ChangeCalendar,
        district.CloseDistrict,
    ),
    decide=district.decide,
    evolve=district.evolve,
    writers=False,
    facts=gathering.gather_district,
    authorise=access.authorise_district,
    view=views.view_district,
    founds_tenant=True,
    state_schema=2,
)

ORG: Aggregate[org.Org] = Aggregate(
    name="Org",
    collection="orgs",
    initial=org.Unset(),
    states=(org.Unset, org.Open, org.Closed),
    events=tuple(events_of("directory", "Org")),
    begins=(org.OpenOrg,),
    commands=(org.ChangeOrg, org.CloseOrg),
    internal=(following.FollowRosterOrg,),
    decide=following.decide_org,
    evolve=org.evolve,
    writers=False,
    facts=gathering.gather_org,
    authorise=access.authorise_org,
    view=views.view_org,
    claims=org.claims,
    state_schema=2,
)

PERSON: Aggregate[person.Person] = Aggregate(
    name="Person",
    collection="people",
    initial=person.Unset(),
    states=(person.Unset, person.Active, person.Deactivated, person.Erased),
    events=tuple(events_of("directory", "Person")),
    begins=(person.EnrolPerson,),
    commands=(
        person.ChangePerson,
        person.DeactivatePerson,
        person.AssignRole,
        person.WithdrawRole,
        person.AssignEvaluator,
        person.WithdrawEvaluator,
        person_erasure.PlaceLegalHold,
        person_erasure.LiftLegalHold,
        person_erasure.RequestErasure,
        person_erasure.EraseMentions,
    ),
    internal=(following.FollowRosterPerson,),
    decide=following.decide_person,
    evolve=person.evolve,
    whose=person.themselves,
    kept=person.kept,
    writers=False,
    facts=gathering.gather_person,
    authorise=access.authorise_person,
    view=views.view_person,
    state_schema=3,
)

ROSTER: Aggregate[roster_import.Roster] = Aggregate(
    name="Roster",
    collection="rosters",
    initial=roster_import.Idle(),
    states=(roster_import.Idle, roster_import.Importing),
    events=tuple(events_of("directory", "Roster")),
    begins=(),
    commands=(),
    internal=(roster_import.BeginRosterImport, roster_import.FinishRosterImport),
    decide=roster_import.decide,
    evolve=roster_import.evolve,
    facts=gathering.gather_roster,
    authorise=access.authorise_roster,
)

ERASURE = erasure_of("directory")

OPERATION = operation_of("directory")

AGGREGATES = (DISTRICT, ORG, PERSON, ROSTER, ERASURE, OPERATION)
