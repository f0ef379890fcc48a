"""A notification is its recipient's."""

from typing import Any
from uuid import UUID

import pytest
from backbone.commands import decode_state, encode_state
from backbone.deciding import Actor, Look, Refusal, Unseen
from chalkline_contracts.notifications import (
    NotificationAcknowledged,
    NotificationDelivered,
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
)
from hypothesis import given
from hypothesis import strategies as st
from kit.spec import NOW, Spec
from notifications.access import authorise_notification
from notifications.aggregates import NOTIFICATION
from notifications.notification import (
    AcknowledgeNotification,
    DeliverNotification,
    FailNotification,
    NotificationFacts,
    Notify,
    SuppressNotification,
)
from notifications.refusals import NotificationAlreadySent, NotificationNotFound
from notifications.views import view_notification

TENANT, COACH, TINA, CYCLE, NOTE = (UUID(int=n) for n in range(1, 6))


def asked_by(actor: Actor) -> NotificationFacts:
    return NotificationFacts(by=actor, command_id=UUID(int=9), aggregate_id=NOTE)


def person(person_id: UUID) -> NotificationFacts:
    return asked_by(Actor("person", str(person_id), TENANT))


spec = Spec(NOTIFICATION, person(COACH))
OCCURRENCE = "since:2026-03-02"
sent = NotificationSent(
    milestone="VisitOverdue", cycle_id=CYCLE, recipient_id=COACH, due_at=NOW, occurrence=OCCURRENCE
)
acknowledged = NotificationAcknowledged(milestone="VisitOverdue", cycle_id=CYCLE, recipient_id=COACH)


def notify(recipient_id: UUID = COACH) -> Notify:
    about = {"milestone": "VisitOverdue", "cycle_id": CYCLE, "occurrence": OCCURRENCE}
    return Notify.model_validate(about | {"recipient_id": recipient_id, "due_at": NOW})


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


ABOUT: dict[str, Any] = {"milestone": "VisitOverdue", "cycle_id": CYCLE, "recipient_id": COACH}
MAIL_ID = "1@district.example"
SETTLING: list[tuple[Any, Any]] = [
    (DeliverNotification(message_id=MAIL_ID), NotificationDelivered(**ABOUT, message_id=MAIL_ID)),
    (
        FailNotification(message_id=MAIL_ID, code="smtp_550"),
        NotificationFailed(**ABOUT, message_id=MAIL_ID, code="smtp_550"),
    ),
    (SuppressNotification(code="not_wanted"), NotificationSuppressed(**ABOUT, code="not_wanted")),
]


@pytest.mark.parametrize(("settle", "happened"), SETTLING)
def test_what_becomes_of_the_mail_is_settled_once_whether_or_not_it_was_acknowledged(
    settle: Any, happened: Any
) -> None:
    for past in ((sent,), (sent, acknowledged)):
        after = spec.given(*past).when(settle).then(happened)
        for again, _ in SETTLING:
            after.when(again).then()
    assert view_notification(spec.given(sent, happened).state, person(COACH))["mail"] is not None
    spec.given(sent, happened).when(AcknowledgeNotification()).then(acknowledged)
    assert spec.given(sent, happened, acknowledged).state.mail == spec.given(sent, happened).state.mail


@pytest.mark.parametrize("settle", [settle for settle, _ in SETTLING])
def test_what_was_never_told_is_not_mailed_and_nobody_but_the_mailer_mails(settle: Any) -> None:
    spec.when(settle).refused(NotificationNotFound)
    with pytest.raises(Unseen):
        authorise_notification(spec.given(sent).state, settle, person(COACH))


wishes = st.sampled_from([notify(), notify(TINA), AcknowledgeNotification(), *(s for s, _ in SETTLING)])


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
    mailed = [event for event in told if type(event) in {type(happened) for _, happened in SETTLING}]
    inbox = [type(event) for event in told if event not in mailed]
    assert inbox == [NotificationSent, NotificationAcknowledged][: len(inbox)]
    assert len(mailed) <= 1
    assert len({event.recipient_id for event in told}) <= 1


@given(st.lists(st.sampled_from([sent, acknowledged, *(happened for _, happened in SETTLING)])))
def test_any_history_of_a_notification_can_be_read(history: list[Any]) -> None:
    state = NOTIFICATION.initial
    for event in history:
        state = NOTIFICATION.evolve(state, event)
    assert type(state) in NOTIFICATION.states
