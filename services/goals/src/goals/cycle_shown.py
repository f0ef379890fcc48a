"""One set of facts, shown in the phases of any model: as Impact Cycle, student-centered or weekly-step practice.

Without another model named, what happened is shown in the phase its cycle was in at the time.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from backbone.application import Reader
from backbone.deciding import snake_case
from backbone.lists import (
    Absent,
    Id,
    Told,
    described_in_rows,
    for_this_reader,
    no_parameter_twice,
    router_of_one,
)
from backbone.queries import Queries
from backbone.service import Running
from chalkline_contracts.goals import CyclePhaseEntered
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from goals import cycle
from goals.product_models import KINDS, MODELS, OF_EVENTS
from goals.reading_goals import readable_cycle

sql = Queries("goals", "sql/queries")

ENTERED: Final = CyclePhaseEntered.__name__
MATTERING: Final = [ENTERED, *(event.__name__ for event in OF_EVENTS)]


def _of_the_product(name: str) -> str:
    if name not in MODELS:
        raise ValueError(f"must be one of {', '.join(MODELS)}")
    return name


class ShownWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    model: Annotated[
        Annotated[str, AfterValidator(_of_the_product)] | Absent,
        Field(
            description="In the phases of this model of the product; left out: in those the cycle went through"
        ),
    ] = None


class CycleFact(Told):
    """Something that happened; what it says is told by what it is of."""

    kind: str
    """As its event is called, such as "goal_set"; of coaching time its type, such as "coteach"."""
    id: UUID
    """Of the goal, the action step, the cycle itself or the coaching time."""
    at: datetime


class PhaseShown(Told):
    phase: str
    facts: list[CycleFact]
    """In the order in which they happened."""


class PhaseRow(PhaseShown):
    """A phase by itself."""

    cycle_id: UUID
    template: str
    facts_n: int
    first_at: datetime | None
    last_at: datetime | None


class CycleShown(Told):
    cycle_id: UUID
    template: str
    """The model in whose phases it is shown."""
    phases: list[PhaseShown]

    def rows(self) -> list[PhaseRow]:
        """One a phase."""
        return [
            PhaseRow(
                **dict(each),
                cycle_id=self.cycle_id,
                template=self.template,
                facts_n=len(each.facts),
                first_at=each.facts[0].at if each.facts else None,
                last_at=each.facts[-1].at if each.facts else None,
            )
            for each in self.phases
        ]


def routes(run: Running) -> APIRouter:
    router = router_of_one("Cycle")

    @router.get(
        "/v1/cycles/{id}/phases",
        summary="What happened in a cycle, in the phases of any model",
        **described_in_rows(CycleShown),
    )
    async def cycle_phases(
        request: Request,
        response: Response,
        by: Reader,
        cycle_id: Annotated[Id, Path(alias="id")],
        wanted: Annotated[ShownWanted, Query()],
    ) -> CycleShown:
        """For the pair alone: who coaches sees all of the cycle, a teacher what is theirs or the group's."""
        no_parameter_twice(request)
        state, facts = await readable_cycle(run, by, cycle_id)
        assert not isinstance(state, cycle.Unset)
        of = None if by.person == facts.coach_id else by.person
        rows = await run.rows(by.tenant, sql.cycle_facts, by.tenant, cycle_id, of, MATTERING)
        for_this_reader(response)
        if wanted.model is None:
            name, phases, placed = state.plan.template, state.plan.phases, as_it_went(rows, state.plan.phases)
        else:
            model = MODELS[wanted.model]
            name, phases = wanted.model, model.template.phases
            placed = ((model.phase_of[fact.kind], fact) for fact in told(rows))
        by_phase: dict[str, list[CycleFact]] = {phase: [] for phase in phases}
        for phase, fact in placed:
            by_phase[phase].append(fact)
        shown = [PhaseShown(phase=phase, facts=found) for phase, found in by_phase.items()]
        return CycleShown(cycle_id=cycle_id, template=name, phases=shown)

    return router


def as_it_went(rows: Sequence[Any], phases: Sequence[str]) -> Iterator[tuple[str, CycleFact]]:
    """Each fact with the phase its cycle was in; what was before the first phase belongs to it."""
    phase = phases[0]
    for row in rows:
        if row["kind"] == ENTERED:
            phase = row["phase"]
        else:
            yield from ((phase, fact) for fact in told([row]))


def told(rows: Sequence[Any]) -> Iterator[CycleFact]:
    """What the rows tell beside the phases themselves; kinds that no model shows are left out."""
    for row in rows:
        kind = snake_case(row["kind"])
        if kind in KINDS:
            yield CycleFact(kind=kind, id=row["id"], at=row["at"])
