"""What services ask each other over NATS: questions and answers, kept by nobody on the way.

An answer that is none says why: `{"refused": "<code>"}`.
"""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

ASK_CONTACT = "ask.directory.contact"
"""Where to ask how to reach a person. The broker lets notifications ask, and nobody else."""


class ContactAsked(BaseModel):
    """How is this person of this district reached?"""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: UUID
    person_id: UUID


class Contact(BaseModel):
    """Names and addresses: for use at this moment, never stored and never logged."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    person_id: UUID
    name: str
    email: str | None


class ContactTold(BaseModel):
    """The answer. Refused with `person_unknown`, `person_not_active` or `malformed` otherwise."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    contact: Contact


def ask_standing(service: str) -> str:
    """Where to ask a service how far it is. The broker lets those ask who read its stream."""
    return f"ask.{service}.standing"


class StandingAsked(BaseModel):
    """Where do you stand?"""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StandingTold(BaseModel):
    """The head of its log, published or not, and up to where it has projected and reacted to each of its sources."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    position: int
    read: dict[str, int]
