"""The receipt of a read: who reads what is a pair's from outside of it leaves one, for the teachers whose it is."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Why = Literal["share", "break_glass"]
"""What let somebody outside the pair read."""


class WhatWasRead(BaseModel):
    """The thing that was looked at, such as a goal, whatever of it was asked for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    aggregate: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z]{0,63}$")]
    id: UUID


class ReceiptOfRead(BaseModel):
    """Written before anything of it was told; what could not be written was not read."""

    reader_id: UUID
    teacher_ids: tuple[UUID, ...]
    """Whose content it is."""
    what: WhatWasRead
    why: Why
    """Broken glass, if any of it is read for that."""
    grant_ids: tuple[UUID, ...]
    """The shares, or the breaking of the glass."""
