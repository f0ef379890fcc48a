"""What goals is made of."""

from backbone.service import Service

from goals.aggregates import AGGREGATES
from goals.policies import POLICIES

SERVICE = Service(
    name="goals",
    reads=("directory", "observations"),
    aggregates=AGGREGATES,
    policies=POLICIES,
)
