"""What forbids in observations. Each docstring is the message, each name in snake case the stable code."""

from backbone.deciding import Refusal


class InstrumentNotPublished(Refusal):
    """There is no published instrument with this id."""


class InstrumentAlreadyRetired(Refusal):
    """The instrument is retired; no further version follows."""


class InstrumentCodeDiffers(Refusal):
    """Every version of an instrument keeps its code; another code is another instrument."""


class ItemCodesRepeat(Refusal):
    """Each item of an instrument has a code of its own."""


class ScaleUpsideDown(Refusal):
    """The highest level of a scale lies above its lowest."""


class InstrumentVersionUnknown(Refusal):
    """The district published this instrument, but not this version of it."""


class InstrumentTakesNoMore(Refusal):
    """The instrument is retired: nothing new is observed with it."""


class KindNotOfInstrument(Refusal):
    """The instrument looks for nothing that is measured this way."""


class LevelOutsideScale(Refusal):
    """A level of a rubric lies within the instrument's scale."""


class ObservationAlreadyScheduled(Refusal):
    """The observation has been scheduled or recorded before."""


class ObservationAlreadyRecorded(Refusal):
    """The observation has been recorded; it can be corrected or voided, never recorded again."""


class ObservationNotRecorded(Refusal):
    """The observation has not taken place yet."""


class ObservationNotFound(Refusal):
    """There is no observation with this id."""


class ObservationAlreadyVoided(Refusal):
    """The observation was voided."""


class PartnershipMissing(Refusal):
    """It has to name its partnership, unless it did before; only training and administration need none."""


class PartnershipDiffers(Refusal):
    """It was scheduled, planned or written for another partnership, or for none."""


class PartnershipNotAgreed(Refusal):
    """The partnership is not agreed, is suspended, or has ended."""


class TeacherNotInPartnership(Refusal):
    """Only teachers of the partnership can be observed or coached in it."""


class ScheduledInThePast(Refusal):
    """What is scheduled or planned is for later than now."""


class NotYetHappened(Refusal):
    """What is recorded is over: no time in it lies in the future, the end of it neither."""


class MinutesOutOfRange(Refusal):
    """It takes between 1 and 480 minutes."""


class FeedbackAlreadyShared(Refusal):
    """Feedback on the observation has been shared before."""


class FeedbackNotShared(Refusal):
    """No feedback on the observation has been shared."""


class FeedbackIsYourOwn(Refusal):
    """Whoever shared the feedback cannot acknowledge it."""


class CycleNotInPartnership(Refusal):
    """No cycle of this partnership is known by this id; if it began a moment ago, hand back its At-Least."""


class GoalNotInPartnership(Refusal):
    """No goals of this partnership are known by these ids; if one began a moment ago, hand back its At-Least."""


class GoalOfAnotherTeacher(Refusal):
    """These goals are of teachers who were not observed."""


class PhaseUnknown(Refusal):
    """The cycle has no such phase; where no cycle is named there is none."""


class ActivityAlreadyPlanned(Refusal):
    """The activity has been planned or held before."""


class ActivityAlreadyHeld(Refusal):
    """The activity took place; it can be neither held again nor missed."""


class ActivityAlreadyMissed(Refusal):
    """The activity did not take place; another one may."""


class ActivityNotFound(Refusal):
    """There is no activity with this id."""


class ActivityUntold(Refusal):
    """An activity that was not planned names its type and its minutes."""


class ParticipantsTooFew(Refusal):
    """At least the teachers who are named took part."""


class ReflectionAlreadyRecorded(Refusal):
    """The reflection has been recorded; another thought is another reflection."""


class ReflectionAlreadyShared(Refusal):
    """The reflection has been shared before."""


class ReflectionNotFound(Refusal):
    """There is no reflection with this id."""


class CoachFeedbackAlreadyGiven(Refusal):
    """You have told the coach how this visit served you."""


class OnlyTheObservedTell(Refusal):
    """How a visit served them is told by the teachers it was about."""


class AuthorMissing(Refusal):
    """Only a person observes, coaches, reflects or gives feedback."""
