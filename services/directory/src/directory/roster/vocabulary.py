"""The words of OneRoster 1.1 and 1.2 that an import understands, and what they are here.

Roles: only those in TAKEN are; a mapping file may take others, or take these as something else.
"""

from collections.abc import Mapping
from typing import Final

from chalkline_contracts.directory import OrgType, Role

TAKEN: Final[Mapping[str, Role]] = {
    "teacher": "teacher",
    "principal": "principal",
    "administrator": "administrator",
    "districtAdministrator": "administrator",
    "siteAdministrator": "administrator",
}
"""The allow-list. An administrator counts where the roster has them: of a school, or of the whole district."""

PASSED_OVER: Final = frozenset(
    {"aide", "counselor", "guardian", "parent", "proctor", "relative", "student", "systemAdministrator"}
)
NEVER: Final = frozenset({"guardian", "parent", "relative", "student"})
"""Not even a mapping file takes these."""
EXTENSION: Final = "ext:"
"""How a role begins that a district added to OneRoster's own; passed over unless it is mapped."""

ORG_TYPES: Final[Mapping[str, OrgType]] = {
    "district": "district",
    "school": "school",
    "department": "department",
}
ABOVE_THE_DISTRICT: Final = frozenset({"local", "state", "national"})

TERMS: Final = ("term", "semester")
"""The sessions that make a district's calendar; its school years, where there are none of these."""
SESSION_TYPES: Final = frozenset({"gradingPeriod", "semester", "schoolYear", "term"})


def is_role(name: str) -> bool:
    return name in TAKEN or name in PASSED_OVER or name.startswith(EXTENSION)
