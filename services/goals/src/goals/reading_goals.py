"""Reading what is the pair's: whether somebody may, as a look would decide it, and what the ledger tells of it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

from backbone.commands import Order
from backbone.deciding import Actor, Aggregate, Forbidden, Unseen
from backbone.looks import LOOK
from backbone.service import Running
from backbone.sharing import Grant
from backbone.wire import told_in

from goals import cycle, goal
from goals.access import opened_goal, reads_goal
from goals.aggregates import CYCLE, GOAL
from goals.cycle import Cycle
from goals.facts import GoalsFacts
from goals.goal import Whose
from goals.goal_history import History, Told, known


async def readable_goal(
    run: Running, by: Actor, goal_id: UUID
) -> tuple[Whose, GoalsFacts, tuple[Grant, ...]]:
    """Whose goal it is, if its content is this person's to read, and what opened it to who is not of the pair. Raises
    Unseen, Forbidden or FactsBehind.
    """
    state, facts = await _look(run, by, GOAL, goal_id)
    if isinstance(state, goal.Unset):
        raise Unseen
    opened = opened_goal(state, facts)
    if not (opened or reads_goal(by.person, state, facts.partnership, facts.cycle)):
        raise Forbidden
    return state.whose, facts, opened


async def readable_cycle(run: Running, by: Actor, cycle_id: UUID) -> tuple[Cycle, GoalsFacts]:
    """A cycle in which this person takes part now or coaches. Raises Unseen, Forbidden or FactsBehind."""
    state, facts = await _look(run, by, CYCLE, cycle_id)
    if isinstance(state, cycle.Unset):
        raise Unseen
    if by.person not in facts.partners(state.plan.teacher_ids):
        raise Forbidden
    return state, facts


async def _look(run: Running, by: Actor, aggregate: Aggregate[Any], own_id: UUID) -> tuple[Any, GoalsFacts]:
    order = Order(
        aggregate=aggregate, aggregate_id=own_id, command=LOOK, actor=by, command_id=uuid4(), request=b""
    )
    loaded, facts = await run.commands.look(order)
    return loaded.state, facts


def history_in(rows: Iterable[Any], time_zone: str | None) -> History:
    """The history that rows of the ledger tell, each with `words` where it has any."""
    return known(
        (
            Told(event, row["occurred_at"], row["recorded_at"], row.get("words"))
            for row, event in told_in("goals", rows)
        ),
        time_zone,
    )
