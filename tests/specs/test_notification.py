"""A notification is its recipient's."""

from typing import Any
from uuid import UUID

import pytest
from backbone.commands import decode_state, encode_state
from backbone.deciding import Actor, Look, Refusal, Unseen
from chalkline_contracts.notifications import NotificationAcknowledged, NotificationSent
from hypothesis import given
from hypothesis import strategies as st
from kit.spec import NOW, Spec
from notifications.access import authorise_notification
from notifications.aggregates import NOTIFICATION
from notifications.notification import AcknowledgeNotification, NotificationFacts, Notify
from notifications.refusals import NotificationAlreadySent, NotificationNotFound
from notifications.views import view_notification

TENANT, COACH, TINA, CYCLE, NOTE = (UUID(int=n) for n in range(1, 6))


def asked_by(actor: Actor) -> NotificationFacts:
    return NotificationFacts(by=actor, command_id=UUID(int=9), aggregate_id=NOTE)


def person(person_id: UUID) -> NotificationFacts:
    return asked_by(Actor("person", str(person_id), TENANT))


spec = Spec(NOTIFICATION, person(COACH))
sent = NotificationSent(milestone="VisitOverdue", cycle_id=CYCLE, recipient_id=COACH, due_at=NOW)
acknowledged = NotificationAcknowledged(milestone="VisitOverdue", cycle_id=CYCLE, recipient_id=COACH)


def notify(recipient_id: UUID = COACH) -> Notify:
    return Notify(milestone="VisitOverdue", cycle_id=CYCLE, recipient_id=recipient_id, due_at=NOW)


def test_a_notification_reaches_the_inbox_once() -> None:
    spec.when(notify()).then(sent).when(notify()).then()
    spec.given(sent, acknowledged).when(notify()).then()


def test_a_notification_never_becomes_one_to_somebody_else() -> None:
    spec.given(sent).when(notify(TINA)).refused(NotificationAlreadySent)


def test_its_recipient_acknowledges_it_and_doing_so_again_changes_nothing() -> None:
    spec.given(sent).when(AcknowledgeNotification()).then(acknowledged).when(AcknowledgeNotification()).then()


def test_what_was_never_sent_cannot_be_acknowledged() -> None:
    spec.when(AcknowledgeNotification()).refused(NotificationNotFound)


@pytest.mark.parametrize("actor", [Actor("person", str(TINA), TENANT), Actor("operator", "it", TENANT)])
def test_for_anyone_but_its_recipient_a_notification_does_not_exist(actor: Actor) -> None:
    state = spec.given(sent).state
    authorise_notification(state, AcknowledgeNotification(), person(COACH))
    authorise_notification(state, Look(), person(COACH))
    assert view_notification(state, person(COACH))["milestone"] == "VisitOverdue"
    with pytest.raises(Unseen):
        authorise_notification(state, Look(), asked_by(actor))
    with pytest.raises(Unseen):
        authorise_notification(state, AcknowledgeNotification(), asked_by(actor))
    with pytest.raises(Unseen):
        authorise_notification(NOTIFICATION.initial, AcknowledgeNotification(), person(COACH))


def test_nobody_but_a_policy_notifies() -> None:
    with pytest.raises(Unseen):
        authorise_notification(NOTIFICATION.initial, notify(), person(COACH))


wishes = st.sampled_from([notify(), notify(TINA), AcknowledgeNotification()])


@given(st.lists(wishes, max_size=12))
def test_whatever_is_wished_a_notification_has_one_recipient_and_is_acknowledged_once(
    wished: list[Any],
) -> None:
    state: Any = NOTIFICATION.initial
    told: list[Any] = []
    for wish in wished:
        try:
            happened = NOTIFICATION.decide(state, wish, person(COACH), now=NOW)
        except Refusal:
            continue
        for event in happened:
            state = NOTIFICATION.evolve(state, event)
            told.append(event)
        assert decode_state(NOTIFICATION, encode_state(state)) == state
    assert [type(event) for event in told] == [NotificationSent, NotificationAcknowledged][: len(told)]
    assert len({event.recipient_id for event in told}) <= 1


@given(st.lists(st.sampled_from([sent, acknowledged])))
def test_any_history_of_a_notification_can_be_read(history: list[Any]) -> None:
    state = NOTIFICATION.initial
    for event in history:
        state = NOTIFICATION.evolve(state, event)
    assert type(state) in NOTIFICATION.states
