"""What forbids a decision about partnerships, cycles, goals, steps, initiatives and models: each a fact, with a
stable code.
"""

from backbone.deciding import Refusal

# Partnership -----------------------------------------------------------------------------------------


class PartnershipNotFound(Refusal):
    """There is no such partnership."""


class PartnershipAlreadyProposed(Refusal):
    """This partnership has been proposed already."""


class PartnershipNotProposed(Refusal):
    """This partnership does not wait for anyone's consent."""


class PartnershipNotAgreed(Refusal):
    """This needs a partnership to which everyone in it has consented."""


class PartnershipOver(Refusal):
    """This partnership was declined or has ended."""


class AlreadyConsented(Refusal):
    """This partner has consented already."""


class OnlyTeachersConsentAgain(Refusal):
    """After a hand-over the teachers are asked again; who was handed the partnership is not."""


class CoachesAlready(Refusal):
    """This partnership has this coach."""


class NotAPartner(Refusal):
    """Only a partner can say this."""


class PersonUnknown(Refusal):
    """There is no such person in this district, or they are no longer active."""


class CoachRoleMissing(Refusal):
    """A partnership's coach must hold the role of a coach."""


class TeacherRoleMissing(Refusal):
    """Only somebody who holds the role of teacher can be coached as one."""


class CoachIsTeacher(Refusal):
    """Nobody is their own coach."""


class EvaluatorCannotCoach(Refusal):
    """Whoever evaluates a teacher cannot coach that teacher."""


class ShareAlreadyExpired(Refusal):
    """A share must end in the future."""


class ShareNotTheirs(Refusal):
    """What a teacher shares is a cycle they take part in or a goal of their own, of this partnership."""


class TooManyShares(Refusal):
    """This partnership shares as much as it may at once: revoke a share first."""


class ShareNotFound(Refusal):
    """There is no such share of yours in this partnership."""


# ModelTemplate ---------------------------------------------------------------------------------------


class TemplateUnknown(Refusal):
    """There is no such model template, or it has been retired; name it with its version."""


class TemplateNotFound(Refusal):
    """There is no such model template."""


class TemplateNameTaken(Refusal):
    """This name belongs to a model that comes with the product."""


class TemplateAlreadyPublished(Refusal):
    """A published model template never changes; publish another version."""


class TemplateRetired(Refusal):
    """This model template is retired already."""


# Cycle -----------------------------------------------------------------------------------------------


class CycleNotFound(Refusal):
    """There is no such cycle."""


class CycleAlreadyStarted(Refusal):
    """This cycle has started already."""


class CycleNotOpen(Refusal):
    """This needs an open cycle."""


class CycleStillOpen(Refusal):
    """Whether something holds is seen some weeks after the end."""


class CycleIsPaused(Refusal):
    """This cycle is paused: resume it first."""


class CycleNotPaused(Refusal):
    """This cycle is not paused."""


class TeacherAlreadyInCycle(Refusal):
    """This teacher takes part already."""


class TeacherNotInCycle(Refusal):
    """This teacher takes no part in the cycle."""


class LastTeacherStays(Refusal):
    """Without its last teacher there is no cycle: close it instead."""


class TeacherNotInPartnership(Refusal):
    """A cycle is for teachers of its partnership."""


class SchoolNotTheirs(Refusal):
    """A cycle takes place at a school of one of its teachers."""


class TimeZoneUnknown(Refusal):
    """The school's time zone is not one that is known here."""


class PhaseUnknown(Refusal):
    """The cycle's model has no such phase."""


class AlreadyInPhase(Refusal):
    """The cycle is in this phase already."""


# Goal ------------------------------------------------------------------------------------------------


class GoalNotFound(Refusal):
    """There is no such goal."""


class GoalAlreadyDrafted(Refusal):
    """This goal has been drafted already."""


class OwnerNotInCycle(Refusal):
    """A goal's owners are teachers of its cycle."""


class MetricNotStudentFocused(Refusal):
    """A goal is about what students do or know; this metric looks at practice."""


class BaselineMixed(Refusal):
    """The measurements of a baseline share one metric and one version of the instrument."""


class BaselineAlreadyRecorded(Refusal):
    """This goal has a baseline, and it holds."""


class NoBaseline(Refusal):
    """A goal needs a baseline first."""


class MeasurementUnknown(Refusal):
    """This goal was never told such a measurement."""


class MeasurementObserved(Refusal):
    """An observation told this measurement: it is corrected or voided there."""


class MetricDiffers(Refusal):
    """This is not what the goal is measured by."""


class NotYetHappened(Refusal):
    """A measurement cannot lie in the future."""


class TargetMissing(Refusal):
    """A goal that is to increase or decrease needs a target."""


class TargetNotForMaintain(Refusal):
    """A level that is to be maintained has a tolerance around its baseline, not a target."""


class TargetOutOfRange(Refusal):
    """This kind of measurement can never reach such a target; a proportion lies between 0 and 1."""


class TargetNotAnImprovement(Refusal):
    """The target must lie on the improving side of the baseline."""


class ToleranceMissing(Refusal):
    """A level that is to be maintained needs a tolerance of zero or more."""


class ToleranceOnlyToMaintain(Refusal):
    """Only a level that is to be maintained has a tolerance."""


class DueDateNotAhead(Refusal):
    """A goal is due after today and after its baseline."""


class DueDateTooFar(Refusal):
    """A goal is due within five years."""


class NothingProposed(Refusal):
    """There is no proposal to agree to."""


class AlreadyAgreed(Refusal):
    """This partner has agreed to the proposal already."""


class GoalAlreadySet(Refusal):
    """This goal has been set; it no longer takes proposals or agreements."""


class GoalNotActive(Refusal):
    """This needs a goal that everyone has agreed to."""


class NothingRecharted(Refusal):
    """These are the terms the goal has already."""


class TargetNotMet(Refusal):
    """The target has not been met yet."""


class OnlyOwnerConfirms(Refusal):
    """An achievement is confirmed by a teacher whose goal it is."""


class GoalAlreadyAchieved(Refusal):
    """This goal has been achieved."""


class GoalAlreadyAbandoned(Refusal):
    """This goal has been abandoned."""


# ActionStep ------------------------------------------------------------------------------------------


class StepNotFound(Refusal):
    """There is no such action step."""


class StepAlreadyOffered(Refusal):
    """This action step has been offered already."""


class TeacherNotNamed(Refusal):
    """This cycle has several teachers: say whose step it would be."""


class StepGoalNotTheirs(Refusal):
    """An action step serves a goal of that teacher in the same cycle."""


class CheckBackNotAhead(Refusal):
    """The day to check back lies after today."""


class CheckBackTooFar(Refusal):
    """The day to check back lies within five years."""


class OnlyTeacherResponds(Refusal):
    """A recommendation is answered by the teacher it was made to."""


class StepAlreadyAnswered(Refusal):
    """This recommendation has been answered."""


class StepNotAnswered(Refusal):
    """The teacher has not answered this recommendation yet."""


class StepDeclined(Refusal):
    """The teacher declined this action step."""


class StepNotPractised(Refusal):
    """What is used in lessons was practised before."""


class StepAlreadyInUse(Refusal):
    """This action step is in use already."""


class StepNotInUse(Refusal):
    """What is mastered was used in lessons before."""


class StepAlreadyMastered(Refusal):
    """This action step has been mastered."""


class MeasurementNotOfPractice(Refusal):
    """An action step is measured by the practice, not by what students do or know."""


# Initiative ------------------------------------------------------------------------------------------


class InitiativeNotFound(Refusal):
    """There is no such initiative."""


class InitiativeAlreadyLaunched(Refusal):
    """This initiative has been launched already."""


class InitiativeEndsTooEarly(Refusal):
    """An initiative does not end before it begins."""


class InitiativeOver(Refusal):
    """This initiative is closed."""


class GoalAlreadyLinked(Refusal):
    """This goal serves this initiative already."""


# BreakGlass ------------------------------------------------------------------------------------------


class BreakGlassAlreadyRequested(Refusal):
    """This was asked for already."""


class BreakGlassNotFound(Refusal):
    """Nobody asked for this."""


class BreakGlassAlreadySettled(Refusal):
    """This was approved or denied already; whoever still has to read asks again."""


class BreakGlassNotTheirs(Refusal):
    """What is asked for is a cycle that this teacher takes part in, or took, or a goal of theirs."""


class BreakGlassTakesTwo(Refusal):
    """It takes two persons: whoever asked does not approve."""


class NotAnAdministrator(Refusal):
    """Only administrators ask for this and approve it."""


class OwnContent(Refusal):
    """It is about your own content: others ask, and others approve."""
