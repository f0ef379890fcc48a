"""The kinds of things this service decides about, each with what it needs to be decided."""

from backbone.deciding import Aggregate
from chalkline_contracts import goals as told

from goals import access, cycle, goal, model_template, partnership, views
from goals.cycle import Cycle
from goals.goal import Goal
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
        partnership.Ended,
    ),
    events=(
        told.PartnershipProposed,
        told.PartnershipConsentGiven,
        told.PartnershipAgreed,
        told.PartnershipDeclined,
        told.PartnershipSuspended,
        told.ShareGranted,
        told.ShareRevoked,
        told.PartnershipEnded,
    ),
    begins=(partnership.ProposePartnership,),
    commands=(
        partnership.GiveConsent,
        partnership.DeclinePartnership,
        partnership.GrantShare,
        partnership.RevokeShare,
        partnership.EndPartnership,
    ),
    internal=(partnership.SuspendPartnership,),
    decide=partnership.decide,
    evolve=partnership.evolve,
    facts=access.partnership_facts,
    authorise=access.authorise_partnership,
    view=views.view_partnership,
)

CYCLE: Aggregate[Cycle] = Aggregate(
    name="Cycle",
    collection="cycles",
    initial=cycle.Unset(),
    states=(cycle.Unset, cycle.Open, cycle.Completed, cycle.ClosedEarly),
    events=(told.CycleStarted, told.CyclePhaseEntered, told.CycleCompleted, told.CycleClosedEarly),
    begins=(cycle.StartCycle,),
    commands=(cycle.EnterPhase, cycle.CompleteCycle, cycle.CloseCycleEarly),
    decide=cycle.decide,
    evolve=cycle.evolve,
    facts=access.cycle_facts,
    authorise=access.authorise_cycle,
    view=views.view_cycle,
    claims=cycle.claims,
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
    events=(
        told.GoalDrafted,
        told.BaselineRecorded,
        told.GoalProposed,
        told.GoalAgreed,
        told.GoalSet,
        told.ProgressMeasured,
        told.ProgressRetracted,
        told.GoalTargetMet,
        told.GoalAchieved,
        told.AchievementWithdrawn,
        told.GoalAbandoned,
    ),
    begins=(goal.DraftGoal,),
    commands=(
        goal.RecordBaseline,
        goal.ProposeGoal,
        goal.AgreeGoal,
        goal.RecordProgress,
        goal.ConfirmAchievement,
        goal.AbandonGoal,
    ),
    internal=(goal.CountMeasurement, goal.RetractMeasurement),
    decide=goal.decide,
    evolve=goal.evolve,
    facts=access.goal_facts,
    authorise=access.authorise_goal,
    view=views.view_goal,
)

MODEL_TEMPLATE: Aggregate[ModelTemplate] = Aggregate(
    name="ModelTemplate",
    collection="model-templates",
    initial=model_template.Unset(),
    states=(model_template.Unset, model_template.Published, model_template.Retired),
    events=(told.ModelTemplatePublished, told.ModelTemplateRetired),
    begins=(model_template.PublishModelTemplate,),
    commands=(model_template.RetireModelTemplate,),
    decide=model_template.decide,
    evolve=model_template.evolve,
    facts=access.template_facts,
    authorise=access.authorise_template,
    view=views.view_template,
    claims=model_template.claims,
)

AGGREGATES = (PARTNERSHIP, CYCLE, GOAL, MODEL_TEMPLATE)
