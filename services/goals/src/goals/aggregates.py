"""The kinds of things this service decides about, each with what it needs to be decided."""

from backbone import receipts
from backbone.attesting import erasure_of
from backbone.deciding import Aggregate
from backbone.operations import operation_of
from chalkline_contracts.event import events_of
from chalkline_contracts.goals import ContentRead

from goals import (
    access,
    action_step,
    break_glass,
    cycle,
    cycle_decisions,
    gathering,
    goal,
    goal_decisions,
    initiative,
    model_template,
    partnership,
    partnership_decisions,
    views,
)
from goals.action_step import ActionStep
from goals.break_glass import BreakGlass
from goals.cycle import Cycle
from goals.goal import Goal
from goals.initiative import Initiative
from goals.model_template import ModelTemplate
from goals.partnership import Partnership

PARTNERSHIP: Aggregate[Partnership] = Aggregate(
    name="Partnership",
    collection="partnerships",
    initial=partnership.Unset(),
    states=(
        partnership.Unset,
        partnership.Proposed,
        partnership.Agreed,
        partnership.Declined,
        partnership.Suspended,
        partnership.HandedOver,
        partnership.Ended,
    ),
    events=tuple(events_of("goals", "Partnership")),
    begins=(partnership.ProposePartnership,),
    commands=(
        partnership.GiveConsent,
        partnership.DeclinePartnership,
        partnership.HandOverCoach,
        partnership.GrantShare,
        partnership.RevokeShare,
        partnership.EndPartnership,
    ),
    internal=(partnership.SuspendPartnership,),
    decide=partnership_decisions.decide,
    evolve=partnership.evolve,
    kept=partnership.kept,
    facts=gathering.gather_partnership,
    authorise=access.authorise_partnership,
    view=views.view_partnership,
)

CYCLE: Aggregate[Cycle] = Aggregate(
    name="Cycle",
    collection="cycles",
    initial=cycle.Unset(),
    states=(cycle.Unset, cycle.Open, cycle.Completed, cycle.ClosedEarly),
    events=tuple(events_of("goals", "Cycle")),
    begins=(cycle.StartCycle,),
    commands=(
        cycle.EnterPhase,
        cycle.JoinCycle,
        cycle.LeaveCycle,
        cycle.PauseCycle,
        cycle.ResumeCycle,
        cycle.CompleteCycle,
        cycle.CloseCycleEarly,
        cycle.RecordFollowUp,
    ),
    decide=cycle_decisions.decide,
    evolve=cycle.evolve,
    whose=cycle.whose_alone,
    kept=cycle.kept,
    facts=gathering.gather_cycle,
    authorise=access.authorise_cycle,
    view=views.view_cycle,
    claims=cycle.claims,
    state_schema=3,
)

GOAL: Aggregate[Goal] = Aggregate(
    name="Goal",
    collection="goals",
    initial=goal.Unset(),
    states=(
        goal.Unset,
        goal.Draft,
        goal.Baselined,
        goal.Active,
        goal.TargetMet,
        goal.Achieved,
        goal.Abandoned,
    ),
    events=tuple(events_of("goals", "Goal")),
    begins=(goal.DraftGoal,),
    commands=(
        goal.RecordBaseline,
        goal.ProposeGoal,
        goal.AgreeGoal,
        goal.RecordProgress,
        goal.RetractProgress,
        goal.RechartGoal,
        goal.ConfirmAchievement,
        goal.AbandonGoal,
    ),
    internal=(goal.CountMeasurement, goal.RetractMeasurement, goal.CountObserved),
    decide=goal_decisions.decide,
    evolve=goal.evolve,
    whose=goal.whose_alone,
    kept=goal.kept,
    facts=gathering.gather_goal,
    authorise=access.authorise_goal,
    view=views.view_goal,
    receipt=access.receipt_of_goal,
    state_schema=3,
)

ACTION_STEP: Aggregate[ActionStep] = Aggregate(
    name="ActionStep",
    collection="action-steps",
    initial=action_step.Unset(),
    states=(
        action_step.Unset,
        action_step.Offered,
        action_step.Accepted,
        action_step.Adapted,
        action_step.Declined,
        action_step.Practised,
        action_step.InUse,
        action_step.Mastered,
    ),
    events=tuple(events_of("goals", "ActionStep")),
    begins=(action_step.OfferActionStep,),
    commands=(
        action_step.RespondToActionStep,
        action_step.PractiseActionStep,
        action_step.UseActionStep,
        action_step.MasterActionStep,
    ),
    decide=action_step.decide,
    evolve=action_step.evolve,
    whose=action_step.whose_alone,
    kept=action_step.kept,
    facts=gathering.gather_step,
    authorise=access.authorise_step,
    view=views.view_step,
    receipt=access.receipt_of_step,
)

INITIATIVE: Aggregate[Initiative] = Aggregate(
    name="Initiative",
    collection="initiatives",
    initial=initiative.Unset(),
    states=(initiative.Unset, initiative.Open, initiative.Closed),
    events=tuple(events_of("goals", "Initiative")),
    begins=(initiative.LaunchInitiative,),
    commands=(initiative.LinkGoalToInitiative, initiative.CloseInitiative),
    decide=initiative.decide,
    evolve=initiative.evolve,
    writers=False,
    facts=gathering.gather_initiative,
    authorise=access.authorise_initiative,
    view=views.view_initiative,
    claims=initiative.claims,
)

MODEL_TEMPLATE: Aggregate[ModelTemplate] = Aggregate(
    name="ModelTemplate",
    collection="model-templates",
    initial=model_template.Unset(),
    states=(model_template.Unset, model_template.Published, model_template.Retired),
    events=tuple(events_of("goals", "ModelTemplate")),
    begins=(model_template.PublishModelTemplate,),
    commands=(model_template.RetireModelTemplate,),
    decide=model_template.decide,
    evolve=model_template.evolve,
    writers=False,
    facts=gathering.gather_template,
    authorise=access.authorise_template,
    view=views.view_template,
    claims=model_template.claims,
)

BREAK_GLASS: Aggregate[BreakGlass] = Aggregate(
    name="BreakGlass",
    collection="break-glass",
    initial=break_glass.Unset(),
    states=(break_glass.Unset, break_glass.Requested, break_glass.Approved, break_glass.Denied),
    events=tuple(events_of("goals", "BreakGlass")),
    begins=(break_glass.RequestBreakGlass,),
    commands=(break_glass.ApproveBreakGlass, break_glass.DenyBreakGlass),
    decide=break_glass.decide,
    evolve=break_glass.evolve,
    whose=break_glass.whose_alone,
    kept=break_glass.kept,
    writers=False,
    facts=gathering.gather_break_glass,
    authorise=access.authorise_break_glass,
    view=views.view_break_glass,
)

ERASURE = erasure_of("goals")

ACCESS = receipts.access(ContentRead)

OPERATION = operation_of("goals")

AGGREGATES = (
    PARTNERSHIP,
    CYCLE,
    GOAL,
    ACTION_STEP,
    INITIATIVE,
    MODEL_TEMPLATE,
    BREAK_GLASS,
    ERASURE,
    ACCESS,
    OPERATION,
)
