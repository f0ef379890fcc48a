"""The difference between what a bundle says and whom the district has: what an import has to do.

Only what a roster gave is ever taken away, and nothing is concluded from a row that was not taken. Pure: it
compares, and asks nobody.
"""

from datetime import date

from directory.roster.known import Known
from directory.roster.mapping import MappingFile
from directory.roster.plan_orgs import plan_orgs
from directory.roster.plan_people import plan_people
from directory.roster.said import Said
from directory.roster.steps import Plan
from directory.roster.terms import calendar_told


def plan_import(said: Said, known: Known, mapping: MappingFile, *, today: date) -> Plan:
    """What has to be done. Adds to `said.findings` what cannot be."""
    plan = Plan(
        active=sum(one.active for one in known.people.values()), district_version=known.district_version
    )
    places = plan_orgs(plan, said, known, mapping)
    plan_people(plan, said, known, mapping, places, today)
    plan.calendar = calendar_told(said, known.calendar, mapping)
    return plan
