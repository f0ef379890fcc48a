"""What observations keeps: instruments, observations, activities, reflections."""

from backbone import receipts
from backbone.attesting import erasure_of
from backbone.deciding import Aggregate
from backbone.operations import operation_of
from chalkline_contracts.event import events_of
from chalkline_contracts.observations import ContentRead

from observations import (
    access,
    activity,
    activity_decisions,
    gathering,
    instrument,
    observation,
    observation_decisions,
    reflection,
    views,
)

INSTRUMENT: Aggregate[instrument.Instrument] = Aggregate(
    name="Instrument",
    collection="instruments",
    initial=instrument.Unset(),
    states=(instrument.Unset, instrument.Published, instrument.Retired),
    events=tuple(events_of("observations", "Instrument")),
    begins=(instrument.PublishInstrument,),
    commands=(instrument.PublishInstrument, instrument.RetireInstrument),
    decide=instrument.decide,
    evolve=instrument.evolve,
    writers=False,
    facts=gathering.gather_instrument,
    authorise=access.authorise_instrument,
    view=views.view_instrument,
    claims=instrument.claims,
)

OBSERVATION: Aggregate[observation.Observation] = Aggregate(
    name="Observation",
    collection="observations",
    initial=observation.Unset(),
    states=(
        observation.Unset,
        observation.Scheduled,
        observation.Recorded,
        observation.Shared,
        observation.Discussed,
        observation.Voided,
    ),
    events=tuple(events_of("observations", "Observation")),
    begins=(observation.ScheduleObservation, observation.RecordObservation),
    commands=(
        observation.RecordObservation,
        observation.CorrectObservation,
        observation.VoidObservation,
        observation.ShareFeedback,
        observation.AcknowledgeFeedback,
        observation.GiveCoachFeedback,
    ),
    decide=observation_decisions.decide,
    evolve=observation.evolve,
    whose=observation.whose_alone,
    kept=observation.kept,
    facts=gathering.gather_observation,
    authorise=access.authorise_observation,
    view=views.view_observation,
    receipt=access.receipt,
    state_schema=2,
)

ACTIVITY: Aggregate[activity.Activity] = Aggregate(
    name="Activity",
    collection="activities",
    initial=activity.Unset(),
    states=(activity.Unset, activity.Planned, activity.Held, activity.Missed),
    events=tuple(events_of("observations", "Activity")),
    begins=(activity.PlanActivity, activity.HoldActivity),
    commands=(activity.HoldActivity, activity.MissActivity),
    decide=activity_decisions.decide,
    evolve=activity.evolve,
    facts=gathering.gather_activity,
    authorise=access.authorise_activity,
    view=views.view_activity,
)

REFLECTION: Aggregate[reflection.Reflection] = Aggregate(
    name="Reflection",
    collection="reflections",
    initial=reflection.Unset(),
    states=(reflection.Unset, reflection.Private, reflection.Shared),
    events=tuple(events_of("observations", "Reflection")),
    begins=(reflection.RecordReflection,),
    commands=(reflection.ShareReflection,),
    decide=reflection.decide,
    evolve=reflection.evolve,
    whose=reflection.whose_alone,
    kept=reflection.kept,
    facts=gathering.gather_reflection,
    authorise=access.authorise_reflection,
    view=views.view_reflection,
)

ERASURE = erasure_of("observations")

ACCESS = receipts.access(ContentRead)

OPERATION = operation_of("observations")

AGGREGATES = (INSTRUMENT, OBSERVATION, ACTIVITY, REFLECTION, ERASURE, ACCESS, OPERATION)
