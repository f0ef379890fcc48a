"""What directory tells: districts, organisations, people, their roles and who evaluates whom.

No name and no address is in here: they stay in directory, and an event refers to them.
"""

from typing import Literal
from uuid import UUID

from chalkline_contracts.event import Event
from chalkline_contracts.values import Code, Day, Text, Time, WordsRef

OrgType = Literal["district", "school", "department"]
Role = Literal["teacher", "coach", "coaching_lead", "principal", "administrator", "evaluator"]


class DistrictOpened(Event, service="directory", aggregate="District"):
    """A tenant begins; its id is the district's. `sandbox` never changes."""

    sandbox: bool
    time_zone: Text
    """An IANA name, such as America/Chicago; schools without one of their own keep this."""
    clock: Time | None = None
    """Where a sandbox's clock stands until it is advanced; a real district's clock is the world's."""
    name_ref: WordsRef


class SandboxClockAdvanced(Event, service="directory", aggregate="District"):
    to: Time


class DistrictClosed(Event, service="directory", aggregate="District"):
    pass


class OrgOpened(Event, service="directory", aggregate="Org"):
    type: OrgType
    parent_id: UUID | None = None
    time_zone: Text | None = None
    """None: that of the parent, or the district."""
    name_ref: WordsRef


class OrgChanged(Event, service="directory", aggregate="Org"):
    """The org as it is from now on."""

    type: OrgType
    parent_id: UUID | None = None
    time_zone: Text | None = None
    name_ref: WordsRef


class OrgClosed(Event, service="directory", aggregate="Org"):
    type: OrgType
    parent_id: UUID | None = None
    time_zone: Text | None = None


class PersonEnrolled(Event, service="directory", aggregate="Person"):
    experience_band: Code | None = None
    name_ref: WordsRef
    email_ref: WordsRef | None = None
    sourced_id_ref: WordsRef | None = None


class PersonChanged(Event, service="directory", aggregate="Person"):
    """The person as they are from now on."""

    experience_band: Code | None = None
    name_ref: WordsRef
    email_ref: WordsRef | None = None
    sourced_id_ref: WordsRef | None = None


class PersonDeactivated(Event, service="directory", aggregate="Person"):
    """The person acts no more; roles and evaluators end with it."""

    experience_band: Code | None = None


class RoleAssigned(Event, service="directory", aggregate="Person"):
    role: Role
    org_id: UUID
    begin: Day
    end: Day | None = None
    """The last day of it; None: until withdrawn."""


class RoleWithdrawn(Event, service="directory", aggregate="Person"):
    """The role counts no more from the moment this was recorded; `end` is that day in the district."""

    role: Role
    org_id: UUID
    begin: Day
    end: Day


class EvaluatorAssigned(Event, service="directory", aggregate="Person"):
    """On the teacher's own stream."""

    evaluator_id: UUID
    teacher_id: UUID


class EvaluatorWithdrawn(Event, service="directory", aggregate="Person"):
    evaluator_id: UUID
    teacher_id: UUID
