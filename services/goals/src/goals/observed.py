"""What was observed for a goal, by what observations tells: which measurements stand, and which were taken back.

For a goal that had no baseline yet when it was heard of: nothing of it is on its chart, and its state does not grow by
it. Rebuildable: drop the table, replay the log, and the same rows come back.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.rows import columns
from chalkline_contracts.event import Event
from chalkline_contracts.measurement import Measurement
from chalkline_contracts.observations import ObservationCorrected, ObservationRecorded, ObservationVoided

from goals.goal import CountMeasurement, CountObserved, RetractMeasurement

sql = Queries("goals", "sql/queries")

HANDLES: Final[tuple[type[Event], ...]] = (ObservationRecorded, ObservationCorrected, ObservationVoided)


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    """What was told joins, then what was taken back is marked: a measurement comes once, and goes for good."""
    told: list[tuple[Any, ...]] = []
    gone: list[tuple[Any, ...]] = []
    for recorded in events:
        event = recorded.event
        match event:
            case ObservationVoided():
                gone += _gone(recorded, event.measurement_ids, "observation_voided")
            case ObservationCorrected():
                gone += _gone(recorded, event.replaced_measurement_ids, "observation_corrected")
                told += _told(recorded)
            case _:
                told += _told(recorded)
    if told:
        await db.execute(sql.observe_for_goals, *columns(told, 8))
    if gone:
        await db.execute(sql.take_back_observed, *columns(gone, 4))


def _told(recorded: Recorded[Any]) -> Iterator[tuple[Any, ...]]:
    event = recorded.event
    for ordinal, measurement in enumerate(event.measurements):
        if measurement.focus == "student":  # practice never moves a goal
            for goal_id in event.goal_ids:
                yield (
                    recorded.tenant, goal_id, measurement.measurement_id, recorded.aggregate_id, event.partnership_id,
                    measurement.model_dump_json(), recorded.position, ordinal,
                )  # fmt: skip


def _gone(recorded: Recorded[Any], measurement_ids: Sequence[UUID], cause: str) -> Iterator[tuple[Any, ...]]:
    for goal_id in recorded.event.goal_ids:
        for measurement_id in measurement_ids:
            yield recorded.tenant, goal_id, measurement_id, cause


def everything(row: Any) -> CountObserved:
    """All that a row of `observed_for_goal` tells of a goal."""
    standing = [
        CountMeasurement(
            measurement=Measurement.model_validate_json(measurement),
            observation_id=observation_id,
            partnership_id=partnership_id,
        )
        for measurement, observation_id, partnership_id in row["standing"] or ()
    ]
    gone = [
        RetractMeasurement(measurement_id=measurement_id, cause=cause)
        for measurement_id, cause in row["gone"] or ()
    ]
    return CountObserved(standing=tuple(standing), gone=tuple(gone))


OBSERVED = Projection(name="observed", handles=HANDLES, project=project)
