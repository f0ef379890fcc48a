"""What forbids in directory. Each docstring is the message, each name in snake case the stable code."""

from backbone.deciding import Refusal


class DistrictAlreadyOpened(Refusal):
    """The district has been opened before."""


class DistrictNotOpen(Refusal):
    """The district is not open."""


class DistrictNotSandbox(Refusal):
    """Only a sandbox has a clock that can be advanced."""


class ClockOnlyMovesForward(Refusal):
    """A sandbox's clock only moves forward."""


class ClockLeapsTooFar(Refusal):
    """A sandbox's clock moves at most 366 days at a time."""


class TermsOverlap(Refusal):
    """Terms of a calendar do not overlap."""


class OrgAlreadyOpened(Refusal):
    """The organisation has been opened before."""


class OrgNotOpen(Refusal):
    """There is no open organisation with this id."""


class ParentNotAbove(Refusal):
    """A school lies in the district, a department in a school or the district, a district in nothing."""


class PersonAlreadyEnrolled(Refusal):
    """The person has been enrolled before."""


class PersonUnknown(Refusal):
    """Nobody of the district has this id."""


class PersonNotActive(Refusal):
    """There is no active person with this id."""


class PersonErased(Refusal):
    """The person was erased, and nothing can be said of them any more."""


class PersonNotErased(Refusal):
    """Only of somebody who was erased are mentions erased."""


class LegalHold(Refusal):
    """A legal hold stands: what it is on may not be erased."""


class LegalHoldUnknown(Refusal):
    """No such legal hold stands."""


class RoleAlreadyHeld(Refusal):
    """The person holds this role there already, or will."""


class RoleEndsBeforeItBegins(Refusal):
    """A role ends on or after the day it begins."""


class RoleNotHeld(Refusal):
    """The person does not hold this role there."""


class EvaluatorAlreadyAssigned(Refusal):
    """The person evaluates the teacher already."""


class EvaluatorNotActive(Refusal):
    """There is no active person with the evaluator's id."""


class EvaluatorNotAssigned(Refusal):
    """The person does not evaluate the teacher."""


class RosterImportNotBegun(Refusal):
    """No import with this fingerprint is under way."""


class NobodyEvaluatesThemselves(Refusal):
    """Nobody evaluates themselves."""
