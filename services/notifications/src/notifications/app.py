"""What notifications is made of."""

from backbone.queries import Queries
from backbone.service import Service
from backbone.timers import Timers

from notifications.aggregates import AGGREGATES, CYCLE_WATCH
from notifications.policies import POLICIES
from notifications.timers import TIMERS, reach

SERVICE = Service(
    name="notifications",
    reads=("directory", "goals", "observations"),
    aggregates=AGGREGATES,
    projections=(TIMERS,),
    policies=POLICIES,
    timers=Timers(
        due=Queries("notifications", "sql/queries").due_timers, aggregate=CYCLE_WATCH.name, command=reach
    ),
)
