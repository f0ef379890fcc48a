"""Values that events share: references to words, numbers, times."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def instant(moment: datetime) -> int:
    """An aware moment in microseconds since 1970, exactly."""
    return (moment - EPOCH) // MICROSECOND


RetentionClass = Literal["pair", "author", "contacts"]
"""What a text is, as far as it matters for how long it is kept: what a partnership has in common, what is its author's
alone, how people who have left were called and reached.
"""


class WordsRef(BaseModel):
    """Where free text lies: the owning service's private words, never on the bus.

    `digest` is hex SHA-256 of the salt, which lies beside the text, followed by the text in UTF-8.
    Once the words are erased nobody can tell what the digest was of.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    ref: UUID
    digest: str


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain U+0000")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must not contain lone surrogates") from None
    return text


def _storable_time(moment: datetime) -> datetime:
    if not 1900 <= moment.year < 2200:
        raise ValueError("must lie between the years 1900 and 2199")
    return moment


Text = Annotated[str, AfterValidator(_no_nul)]
"""Text that PostgreSQL and UTF-8 can hold."""

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""A code from a controlled list: lower snake case, at most 64 characters."""

Count = Annotated[int, Field(ge=0, le=10**9)]
"""How many: an integer."""

Time = Annotated[AwareDatetime, AfterValidator(_storable_time)]
"""A moment with its offset; naive times are refused, and those no time zone or calendar can reckon with."""

Day = date


class Days(BaseModel):
    """Whole days, from `begin` to `end`, both of them included."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    begin: Day
    end: Day
