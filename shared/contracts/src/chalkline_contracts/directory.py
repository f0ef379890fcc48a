"""What directory tells: districts, organisations, people, their roles and who evaluates whom.

No name and no address is in here: they stay in directory, and an event refers to them.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chalkline_contracts import feeds
from chalkline_contracts.acts import Act
from chalkline_contracts.event import Event
from chalkline_contracts.values import Code, Count, Day, Days, RetentionClass, Text, Time, WordsRef

OrgType = Literal["district", "school", "department"]
Role = Literal["teacher", "coach", "coaching_lead", "principal", "administrator", "evaluator"]
ExperienceBand = Literal["novice", "experienced", "veteran"]
"""How long somebody has taught, as their district draws the lines; an event of old may say another code."""

TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""A time by the clock on the wall, "00:00" to "23:59"."""


class QuietHours(BaseModel):
    """From `begin` until just before `end`, school-local; past midnight where `end` is the earlier one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    begin: TimeOfDay
    end: TimeOfDay


class Retention(BaseModel):
    """How many days each class of content is kept after it was needed last; None: until somebody erases it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    pair: Count | None = None
    """What belongs to a partnership (tier B): goal texts, evidence, feedback."""
    author: Count | None = None
    """What belongs to who wrote it (tier C): notes, reflections nobody else was shown."""
    contacts: Count | None = None
    """Names and addresses of people who are no longer active."""


class DistrictOpened(
    Event, service="directory", aggregate="District", stays=True, public=feeds.DistrictOpened
):
    """A tenant begins; its id is the district's. `sandbox` never changes."""

    sandbox: bool
    time_zone: Text
    """An IANA name, such as America/Chicago; schools without one of their own keep this."""
    clock: Time | None = None
    """Where a sandbox's clock stands until it is advanced; a real district's clock is the world's."""
    name_ref: WordsRef


class SandboxClockAdvanced(
    Event, service="directory", aggregate="District", stays=True, public=feeds.SandboxClockAdvanced
):
    """An operator moved a sandbox's clock on; it stands there until the next time."""

    to: Time


class DistrictPolicyChanged(Event, service="directory", aggregate="District"):
    """The whole policy from now on. A field that is not there is as the product has it."""

    policy_version: Count
    """Rises by one with every change; 0: nobody changed anything yet."""
    auto_confirm: bool = False
    """Whether a target that is met is an achievement without anyone's confirmation."""
    auto_confirm_since: Time | None = None
    """From when on that holds, without a break; targets met before wait for an owner's word."""
    caseload_limit: Count | None = None
    """How many teachers a coach should have at most; None: no limit."""
    quiet_hours: QuietHours | None = None
    """When nothing is sent; None: there is no such time."""
    small_cell_n: Count = 10
    """Figures about fewer students than these are hidden."""
    retention: Retention = Retention()
    confidentiality_policy_version: Count = 1
    """Which text of the confidentiality agreement a new partnership agrees to."""
    open_cycles_per_focus: Annotated[int, Field(ge=1, le=20)] = 1
    """How many cycles of one focus a partnership may have open at the same time."""


PRODUCT_POLICY = DistrictPolicyChanged(policy_version=0)
"""The policy of a district that changed nothing."""


class CalendarChanged(Event, service="directory", aggregate="District", public=feeds.CalendarChanged):
    """The whole calendar from now on, each list by its days. With no terms every day is a school day."""

    terms: tuple[Days, ...] = ()
    """None of them overlap."""
    holidays: tuple[Days, ...] = ()
    """Days inside terms or outside; a break is a holiday of several days. None of them overlap or touch."""


NO_CALENDAR = CalendarChanged()
"""The calendar of a district that told none."""


class DistrictClosed(
    Event, service="directory", aggregate="District", stays=True, public=feeds.DistrictClosed
):
    """A tenant ends: nothing is decided in it any more, and none of its people is told anything. Later every service
    blanks what it holds of it, and attests that by a `ContentErased` of nobody's; then its events' `data` are null.
    """


class OrgOpened(Event, service="directory", aggregate="Org", public=feeds.OrgOpened):
    """A district, school or department is there, for the first time or again."""

    type: OrgType
    parent_id: UUID | None = None
    time_zone: Text | None = None
    """None: that of the parent, or the district."""
    name_ref: WordsRef
    sourced_id_ref: WordsRef | None = None
    """How the district's roster calls it; None where it was opened by hand."""


class OrgChanged(Event, service="directory", aggregate="Org", public=feeds.OrgChanged):
    """The org as it is from now on."""

    type: OrgType
    parent_id: UUID | None = None
    time_zone: Text | None = None
    name_ref: WordsRef
    sourced_id_ref: WordsRef | None = None


class OrgClosed(Event, service="directory", aggregate="Org", public=feeds.OrgClosed):
    """It is there no more; roles at it count no more."""

    type: OrgType
    parent_id: UUID | None = None
    time_zone: Text | None = None


class PersonEnrolled(Event, service="directory", aggregate="Person"):
    """A person is there, for the first time or again after they were deactivated."""

    experience_band: Code | None = None
    name_ref: WordsRef
    email_ref: WordsRef | None = None
    sourced_id_ref: WordsRef | None = None
    by_roster: bool = False
    """Whether the district's roster says so, rather than somebody by hand."""


class PersonChanged(Event, service="directory", aggregate="Person"):
    """The person as they are from now on."""

    experience_band: Code | None = None
    name_ref: WordsRef
    email_ref: WordsRef | None = None
    sourced_id_ref: WordsRef | None = None
    by_roster: bool = False


class PersonDeactivated(Event, service="directory", aggregate="Person"):
    """The person acts no more; roles and evaluators end with it."""

    experience_band: Code | None = None


class RoleAssigned(Event, service="directory", aggregate="Person"):
    """From its first day on somebody has a role at an org."""

    role: Role
    org_id: UUID
    begin: Day
    end: Day | None = None
    """The last day of it; None: until withdrawn."""
    roster_row: UUID | None = None
    """Which row of the district's roster gave it, as a keyed id; None: somebody gave it by hand."""


class RoleWithdrawn(Event, service="directory", aggregate="Person"):
    """The role counts no more from the moment this was recorded; `end` is that day in the district."""

    role: Role
    org_id: UUID
    begin: Day
    end: Day


class EvaluatorAssigned(Event, service="directory", aggregate="Person"):
    """Somebody evaluates a teacher from now on, and coaches them no more; told on the teacher's own stream."""

    evaluator_id: UUID
    teacher_id: UUID
    by_roster: bool = False
    """Whether an import's mapping file said so, rather than somebody by hand."""


class EvaluatorWithdrawn(Event, service="directory", aggregate="Person"):
    """Whoever it is evaluates the teacher no more."""

    evaluator_id: UUID
    teacher_id: UUID


class LegalHoldPlaced(Event, service="directory", aggregate="Person"):
    """Somebody's content must be kept: while a hold stands nothing of theirs is erased."""

    hold_id: UUID
    reason_ref: WordsRef


class LegalHoldLifted(Event, service="directory", aggregate="Person"):
    """Content need not be kept for this reason any more; what waited for it is erased."""

    hold_id: UUID
    reason_ref: WordsRef | None = None


class ErasureRequested(Event, service="directory", aggregate="Person"):
    """Everything that is this person's alone, and whatever they wrote themselves, is erased in every service; the
    person never comes back. Each service attests it by a `ContentErased` of its own.
    """

    erasure_id: UUID
    person_id: UUID


class MentionsErasureRequested(Event, service="directory", aggregate="Person"):
    """Texts of others that mention somebody who was erased are erased too; each service erases those it has."""

    erasure_id: UUID
    person_id: UUID
    refs: tuple[UUID, ...]
    """References to private words, of whatever service."""


class RosterImportBegun(Event, service="directory", aggregate="Roster"):
    """An import sets out to do this much to people and organisations; it may take more than one attempt."""

    fingerprint: Text
    """Keyed: tells one bundle with its mapping from another, and nothing of what is in it."""
    added: Count
    changed: Count
    removed: Count
    rejected: Count
    """Rows of its files that were not taken."""


class RosterImported(Event, service="directory", aggregate="Roster"):
    """All of it is done. An import that changes nothing is no event at all."""

    added: Count
    changed: Count
    removed: Count
    rejected: Count


class ContentErased(Event, service="directory", aggregate="Erasure", stays=True):
    """Directory attests that it has erased what an erasure asked for; the aggregate is the erasure."""

    erasure_id: UUID
    person_id: UUID | None = None
    """Whose content it was, where it was somebody's."""
    n_items: Count
    """How many texts that were."""
    n_held: Count = 0
    """How many more a legal hold on somebody else keeps. They go when it is lifted, and another of these says so."""
    retention: RetentionClass | None = None
    """The class of content whose time was over, where that was the reason; there is nobody who asked."""


class OperatorActed(Act, Event, service="directory", aggregate="Operation", tier="O", stays=True):
    """What an operator did to directory, or set out to do; the aggregate is the act."""
