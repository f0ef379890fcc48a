"""The people of an example roster enrolled by commands, as an operator would: orgs, persons, roles."""

from typing import Final
from uuid import UUID, uuid5

from chalkline import crowd
from chalkline.coaching import OPERATOR, Coaching, Persona
from chalkline.crowd import Wish
from chalkline.example_roster import OFFICE, Member, Roster
from chalkline.seeding import TIME_ZONE

ROLES: Final = {
    "teacher": "teacher", "principal": "principal", "siteAdministrator": "administrator",
    "districtAdministrator": "administrator",
}  # fmt: skip


async def enlist(client: Coaching, roster: Roster) -> dict[str, Persona]:
    """Everybody of the staff, by sourcedId."""
    orgs = {OFFICE: await client.begins(OPERATOR, "orgs", "office", name=roster.name, type="district")}
    opened = await crowd.all_of(client, [
        _wish(client, f"org {school.sourced_id}", "Org", "OpenOrg", None, name=school.name, type="school",
              parent_id=orgs[OFFICE], time_zone=str(TIME_ZONE))
        for school in roster.schools
    ])  # fmt: skip
    orgs |= {school.sourced_id: opened[_key(client, f"org {school.sourced_id}")] for school in roster.schools}
    enrolled = await crowd.all_of(client, [
        _wish(client, member.sourced_id, "Person", "EnrolPerson", None, name=f"{member.given} {member.family}",
              email=member.email, sourced_id=member.sourced_id)
        for member in roster.staff
    ])  # fmt: skip
    people = {
        member.sourced_id: Persona(member.given, enrolled[_key(client, member.sourced_id)], _role(member))
        for member in roster.staff
    }
    await crowd.all_of(client, [
        _wish(client, f"role {member.sourced_id}", "Person", "AssignRole", people[member.sourced_id].id,
              role=role, org_id=orgs[member.org], begin=member.begin)
        for member in roster.staff if (role := _role(member))
    ])  # fmt: skip
    return people


def _role(member: Member) -> str:
    return member.mapped or ROLES.get(member.role, "")


def _key(client: Coaching, step: str) -> UUID:
    return uuid5(client.seed, step)


def _wish(client: Coaching, step: str, aggregate: str, command: str, of: str | None, **body: object) -> Wish:
    return Wish(OPERATOR, "directory", _key(client, step), aggregate, command, body, of)
