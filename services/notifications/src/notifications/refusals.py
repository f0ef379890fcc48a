"""What forbids in notifications. Each docstring is the message, each name in snake case the stable code."""

from backbone.deciding import Refusal


class MilestoneUnknown(Refusal):
    """There is no milestone of this name."""


class RuleIsForAnotherMilestone(Refusal):
    """Every version of a rule is for the same milestone."""


class RuleIsForAnotherBand(Refusal):
    """Every version of a rule is for the same experience band, or for all."""


class RuleIsForAllBands(Refusal):
    """The milestone is not about the teachers of one cycle; its rule is the same for every band."""


class RuleHasNoHours(Refusal):
    """The milestone does not wait for hours; there are none to configure."""


class RuleHasNoDays(Refusal):
    """The milestone has no days of its own to wait for; there are none to configure."""


class RecipientNotAllowed(Refusal):
    """A rule may leave out recipients of the milestone, and never add any."""


class NotificationAlreadySent(Refusal):
    """The notification has been sent, and said something else."""


class NotificationNotFound(Refusal):
    """There is no notification with this id."""
