"""What goals is made of."""

from backbone.service import Service

from goals import cycle_list, goal_board, partnership_list
from goals.aggregates import AGGREGATES
from goals.policies import POLICIES

SERVICE = Service(
    name="goals",
    reads=("directory", "observations"),
    aggregates=AGGREGATES,
    projections=(partnership_list.PARTNERSHIP_LIST, cycle_list.CYCLE_LIST, goal_board.GOAL_BOARD),
    policies=POLICIES,
    routes=lambda run: [partnership_list.routes(run), cycle_list.routes(run), goal_board.routes(run)],
)
