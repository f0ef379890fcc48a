"""What directory keeps: districts, organisations, people."""

from backbone.deciding import Aggregate
from chalkline_contracts.event import events_of

from directory import access, calendar, district, gathering, org, person, policy, views

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
    decide=org.decide,
    evolve=org.evolve,
    facts=gathering.gather_org,
    authorise=access.authorise_org,
    view=views.view_org,
    claims=org.claims,
)

PERSON: Aggregate[person.Person] = Aggregate(
    name="Person",
    collection="people",
    initial=person.Unset(),
    states=(person.Unset, person.Active, person.Deactivated),
    events=tuple(events_of("directory", "Person")),
    begins=(person.EnrolPerson,),
    commands=(
        person.ChangePerson,
        person.DeactivatePerson,
        person.AssignRole,
        person.WithdrawRole,
        person.AssignEvaluator,
        person.WithdrawEvaluator,
    ),
    decide=person.decide,
    evolve=person.evolve,
    facts=gathering.gather_person,
    authorise=access.authorise_person,
    view=views.view_person,
)

AGGREGATES = (DISTRICT, ORG, PERSON)
