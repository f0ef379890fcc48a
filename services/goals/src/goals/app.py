"""What goals is made of."""

from backbone import receipts
from backbone.releasing import releaser_of
from backbone.service import Running, Service
from chalkline_contracts.goals import ContentRead
from fastapi import APIRouter

from goals import (
    break_glass_list,
    coaching_times,
    coverage,
    cycle_list,
    cycle_shown,
    effect,
    funnel,
    goal_as_of,
    goal_board,
    goal_lineage,
    initiative_list,
    observed,
    opened_list,
    outcomes,
    partnership_list,
    session_prep,
    share_list,
    step_list,
    template_list,
)
from goals.aggregates import AGGREGATES
from goals.coming_evaluators import TIMERS
from goals.figures_asked import Asking
from goals.policies import POLICIES
from goals.release import FIGURED

READS = (
    partnership_list,
    share_list,
    opened_list,
    break_glass_list,
    receipts,
    cycle_list,
    cycle_shown,
    goal_board,
    goal_as_of,
    goal_lineage,
    session_prep,
    step_list,
    initiative_list,
    template_list,
)
FIGURES = (funnel, outcomes, effect, coverage)


def routes(run: Running) -> list[APIRouter]:
    """Every read; all figures are of one release."""
    together = Asking(run)
    return [*(read.routes(run) for read in READS), *(read.routes(together) for read in FIGURES)]


SERVICE = Service(
    name="goals",
    reads=("directory", "observations"),
    aggregates=AGGREGATES,
    projections=(
        partnership_list.PARTNERSHIP_LIST,
        cycle_list.CYCLE_LIST,
        goal_board.GOAL_BOARD,
        step_list.STEP_LIST,
        initiative_list.INITIATIVE_LIST,
        template_list.TEMPLATE_LIST,
        coaching_times.COACHING_TIMES,
        observed.OBSERVED,
        share_list.SHARE_LIST,
        break_glass_list.BREAK_GLASS_LIST,
        receipts.projection(ContentRead),
    ),
    policies=POLICIES,
    errands=lambda run: (releaser_of(run, FIGURED),),
    routes=routes,
    timers=TIMERS,
)
