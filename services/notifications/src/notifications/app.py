"""What notifications is made of."""

from backbone.queries import Queries
from backbone.service import Service
from backbone.timers import Timers

from notifications import inbox
from notifications.aggregates import AGGREGATES, CYCLE_WATCH
from notifications.policies import POLICIES
from notifications.timers import TIMERS, reach

SERVICE = Service(
    name="notifications",
    reads=("directory", "goals", "observations"),
    aggregates=AGGREGATES,
    projections=(TIMERS, inbox.INBOX),
    policies=POLICIES,
    timers=Timers(
        due=Queries("notifications", "sql/queries").due_timers, aggregate=CYCLE_WATCH.name, command=reach
    ),
    routes=lambda run: [inbox.routes(run)],
)
