"""How a person wants to be told is theirs to say."""

from typing import Any
from uuid import UUID

import pytest
from backbone.deciding import Actor, FactsBehind, Look, Unseen
from chalkline_contracts.notifications import PreferenceChanged
from kit.spec import Spec
from notifications.access import authorise_preference
from notifications.aggregates import PREFERENCE
from notifications.preference import ChangePreference, Chosen, PreferenceFacts
from notifications.refusals import MilestoneUnknown
from notifications.views import view_preference
from pydantic import ValidationError

TENANT, MAYA, OTHER = (UUID(int=n) for n in range(1, 4))


def asked_by(actor: Actor, **told: Any) -> PreferenceFacts:
    return PreferenceFacts(by=actor, command_id=UUID(int=9), aggregate_id=MAYA, **{"belongs": True} | told)


maya = Actor("person", str(MAYA), TENANT)
spec = Spec(PREFERENCE, asked_by(maya))


def test_whoever_never_chose_gets_mail_at_once() -> None:
    assert spec.state == Chosen("at_once", ())
    assert view_preference(spec.state, spec.facts) == {"mail": "at_once", "muted": ()}
    spec.when(ChangePreference(mail="at_once")).then()


def test_what_is_chosen_replaces_what_was_and_choosing_it_again_changes_nothing() -> None:
    digest = ChangePreference(mail="daily_digest", muted=("GoalSet", "CycleOpened", "GoalSet"))
    chosen = PreferenceChanged(mail="daily_digest", muted=("CycleOpened", "GoalSet"))
    after = spec.when(digest).then(chosen)
    after.when(digest).then()
    after.when(ChangePreference(mail="none")).then(PreferenceChanged(mail="none"))


def test_only_a_milestone_that_there_is_can_be_muted() -> None:
    spec.when(ChangePreference(mail="at_once", muted=("GoalScored",))).refused(MilestoneUnknown)


@pytest.mark.parametrize("body", ['{"mail": "hourly"}', "{}", '{"mail": "none", "muted": ["../x"]}'])
def test_there_are_three_ways_to_be_told(body: str) -> None:
    with pytest.raises(ValidationError):
        ChangePreference.model_validate_json(body)


def test_it_is_nobodys_but_the_persons_while_they_are_active() -> None:
    for command in (ChangePreference(mail="none"), Look()):
        authorise_preference(spec.state, command, asked_by(maya))
        for actor in (
            Actor("person", str(OTHER), TENANT),
            Actor("operator", "it", TENANT),
            Actor("system", "policy", TENANT, on_behalf_of=str(MAYA)),
        ):
            with pytest.raises(Unseen):
                authorise_preference(spec.state, command, asked_by(actor))
        with pytest.raises(Unseen):
            authorise_preference(spec.state, command, asked_by(maya, belongs=False))
        with pytest.raises(FactsBehind):
            authorise_preference(spec.state, command, asked_by(maya, belongs=False, level=False))
