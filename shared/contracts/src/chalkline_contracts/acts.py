"""What every service tells of what operators do to it: one contract a service, all of the same shape."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from chalkline_contracts.values import Code, Count, Text, Time

Outcome = Literal["begun", "done", "failed"]


class Act(BaseModel):
    """An operator's act, told before it is done and once more with what came of it. Ids, codes and numbers only.

    Its tenant is the district it is about, or no district at all (`EVERYWHERE`): then it is about the whole service.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    act: Code
    operator: Text
    """As the operator's token names them."""
    outcome: Outcome
    code: Code | None = None
    """Why it failed, or what is left to do."""
    n_items: Count | None = None
    """How much it was about: events that were derived again, taken again, came back, left with an export."""
    acted_at: Time | None = None
    """When, of what could only be told later: how a log was recovered, by that log."""

    @property
    def happened_at(self) -> datetime | None:
        return self.acted_at
