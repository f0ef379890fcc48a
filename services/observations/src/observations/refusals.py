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
    """An observation that was not scheduled names its partnership."""


class PartnershipDiffers(Refusal):
    """The observation was scheduled for another partnership."""


class PartnershipNotAgreed(Refusal):
    """The partnership is not agreed, is suspended, or has ended."""


class TeacherNotInPartnership(Refusal):
    """Only teachers of the partnership can be observed in it."""


class ScheduledInThePast(Refusal):
    """An observation is scheduled for later than now."""


class NotYetHappened(Refusal):
    """What is recorded has happened: no time in it lies in the future."""


class MinutesOutOfRange(Refusal):
    """An observation takes between 1 and 480 minutes."""


class FeedbackAlreadyShared(Refusal):
    """Feedback on the observation has been shared before."""


class FeedbackNotShared(Refusal):
    """No feedback on the observation has been shared."""


class FeedbackIsYourOwn(Refusal):
    """Whoever shared the feedback cannot acknowledge it."""


class AuthorMissing(Refusal):
    """Only a person observes, corrects or gives feedback."""
