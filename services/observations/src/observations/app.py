"""What observations is made of."""

from backbone import receipts
from backbone.releasing import releaser_of
from backbone.service import Service
from chalkline_contracts.observations import ContentRead

from observations import (
    activity_list,
    coached_cycles,
    coaching_activity,
    dosage,
    fidelity,
    fidelity_figures,
    held_time,
    instrument_list,
    instrument_versions,
    minutes,
    observation_list,
    opened_list,
    reflection_list,
)
from observations.aggregates import AGGREGATES

SERVICE = Service(
    name="observations",
    reads=("directory", "goals"),
    aggregates=AGGREGATES,
    projections=(
        observation_list.OBSERVATION_LIST,
        instrument_list.INSTRUMENT_LIST,
        instrument_versions.INSTRUMENT_VERSIONS,
        activity_list.ACTIVITY_LIST,
        reflection_list.REFLECTION_LIST,
        held_time.HELD_TIME,
        coached_cycles.COACHED_CYCLES,
        coached_cycles.COACHED_GOALS,
        fidelity.FIDELITY,
        receipts.projection(ContentRead),
    ),
    errands=lambda run: (releaser_of(run, fidelity_figures.FIGURES),),
    routes=lambda run: [
        observation_list.routes(run),
        instrument_list.routes(run),
        instrument_versions.routes(run),
        activity_list.routes(run),
        reflection_list.routes(run),
        minutes.routes(run),
        dosage.routes(run),
        coaching_activity.routes(run),
        fidelity_figures.routes(run),
        opened_list.routes(run),
        receipts.routes(run),
    ],
)
