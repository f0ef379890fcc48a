"""What `chalkline listen` takes for a subject."""

import pytest
from chalkline.listening import subject_of
from chalkline.problem import Problem


@pytest.mark.parametrize(
    ("words", "subject"),
    [
        ("", "ev.>"),
        ("goals", "ev.goals.>"),
        ("ev.goals.*.*.Goal.GoalSet", "ev.goals.*.*.Goal.GoalSet"),
        ("ev.*.12.>", "ev.*.12.>"),
    ],
)
def test_a_service_a_subject_or_everything(words: str, subject: str) -> None:
    assert subject_of(words) == subject


@pytest.mark.parametrize(
    "words", ["gaols", "ev..bad", "ev.goals.>.x", "ev.goals. ", "ev.goals.", "ev.go*ls", "ev.a\nb"]
)
def test_what_no_server_would_take_is_refused_before_anyone_listens(words: str) -> None:
    with pytest.raises(Problem):
        subject_of(words)
