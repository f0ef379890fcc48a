"""What observations is made of."""

from backbone.service import Service

from observations import activity_list, instrument_list, observation_list, reflection_list
from observations.aggregates import AGGREGATES

SERVICE = Service(
    name="observations",
    reads=("directory", "goals"),
    aggregates=AGGREGATES,
    projections=(
        observation_list.OBSERVATION_LIST,
        instrument_list.INSTRUMENT_LIST,
        activity_list.ACTIVITY_LIST,
        reflection_list.REFLECTION_LIST,
    ),
    routes=lambda run: [
        observation_list.routes(run),
        instrument_list.routes(run),
        activity_list.routes(run),
        reflection_list.routes(run),
    ],
)
