"""An event: something that happened in coaching, and will always have happened.

A contract is one frozen pydantic model. Consumers ignore fields they do not know, so a field may be
added to a published event and never taken away; anything else is a new version with an `upcast`.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

Tier = Literal["A", "B", "C", "O"]
"""Who may see it: A, the activity; B, the pair's; C, the author's alone; O, operators' and administrators'."""


class Event(BaseModel):
    """Base of every contract; `class GoalAchieved(Event, service="goals", aggregate="Goal", tier="B")`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    service: ClassVar[str]
    aggregate: ClassVar[str]
    schema_version: ClassVar[int] = 1
    tier: ClassVar[Tier]
    stays: ClassVar[bool]
    """Whether its payload is kept when its district has left: that there was one, and what operators did."""
    public: ClassVar[type["Event"] | None]
    """As what other systems hear of it, with the fields of that and no others; None: they do not."""
    retracts: ClassVar[type["Event"] | None]
    """What other systems heard of the same thing, and does not hold any more."""

    @classmethod
    def __pydantic_init_subclass__(  # type: ignore[override]  # these arguments declare a contract
        cls,
        *,
        service: str,
        aggregate: str,
        tier: Tier = "A",
        version: int = 1,
        stays: bool = False,
        public: "type[Event] | None" = None,
        retracts: "type[Event] | None" = None,
        **kwargs: Any,
    ) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.service, cls.aggregate, cls.tier, cls.schema_version = service, aggregate, tier, version
        cls.stays, cls.public, cls.retracts = stays, public, retracts
        if public is not None and (unknown := public.model_fields.keys() - {cls.own_id(), *cls.model_fields}):
            raise TypeError(f"{public.__name__} tells {sorted(unknown)}, which {cls.__name__} does not know")
        catalogue[service, cls.__name__] = cls

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__()

    @property
    def happened_at(self) -> datetime | None:
        """When it happened in the world; None means at the moment it was decided."""
        return None

    @classmethod
    def type_name(cls) -> str:
        """The CloudEvents `type`, such as `chalkline.goals.GoalAchieved.v1`."""
        return f"chalkline.{cls.service}.{cls.__name__}.v{cls.schema_version}"

    @classmethod
    def own_id(cls) -> str:
        """What events of others call the id of its aggregate, such as `action_step_id`."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.aggregate).lower() + "_id"

    def made_public(self, own_id: UUID) -> "Event | None":
        """What other systems hear of it; `own_id`: its aggregate's."""
        if self.public is None:
            return None
        told = self.model_dump(include=set(self.public.model_fields))
        return self.public.model_validate({self.own_id(): own_id, **told})

    @classmethod
    def upcast(cls, version: int, data: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG003 - for those who override it
        """The payload of an older `version` as this version has it. Overridden beside a new version."""
        raise LookupError(f"{cls.__name__} has no version {version}")

    @classmethod
    def read(cls, version: int, data: str | bytes) -> Self:
        """This event from its stored JSON, whatever version wrote it. Raises ValueError or LookupError."""
        if version == cls.schema_version:
            # What model_validate_json calls, without the half microsecond it takes to ask for its options.
            event: Self = cls.__pydantic_validator__.validate_json(data)
            return event
        from pydantic_core import from_json  # noqa: PLC0415 - only an old event pays for it

        return cls.model_validate(cls.upcast(version, from_json(data)))


catalogue: dict[tuple[str, str], type[Event]] = {}
"""Every contract by (service, event name), in the order of the modules that were imported."""


def events_of(service: str, *aggregates: str) -> Iterator[type[Event]]:
    """The contracts a service publishes, of the named aggregates or of all."""
    return (
        contract
        for (owner, _), contract in catalogue.items()
        if owner == service and (not aggregates or contract.aggregate in aggregates)
    )
