"""Many people at once: what waits is sent again as it was, and what is refused ends the play."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from chalkline import crowd
from chalkline.coaching import Coaching, Json, Persona
from chalkline.crowd import Wish
from chalkline.problem import Problem
from chalkline.state import State

MAYA, TOMAS = Persona("Maya", str(uuid4()), "coach"), Persona("Tomás", str(uuid4()), "teacher")


class Answering(Coaching):
    """A client whose service answers as it is told to; it keeps what it was sent."""

    def __init__(self, *answers: Sequence[str]) -> None:
        super().__init__(State(Path("nowhere")), uuid4(), httpx.AsyncClient(), {})
        self.answers, self.sent = list(answers), list[list[Json]]()
        self.levels = list[dict[str, int]]()

    async def sends(
        self, who: Persona, service: str, lines: Sequence[Json], http: Any, levels: Mapping[str, int]
    ) -> list[Json]:
        self.sent.append(list(lines))
        self.levels.append(dict(levels))
        codes = self.answers.pop(0) if self.answers else ["ok"] * len(lines)
        return [self._answer(line, code) for line, code in zip(lines, codes, strict=True)]

    def _answer(self, line: Json, code: str) -> Json:
        if code == "ok":
            return {"events": [], "id": line.get("id") or str(uuid4()), "command_id": line["command_id"]}
        return {"status": 503 if code == "behind" else 409, "code": code}


def wish(
    who: Persona = MAYA,
    of: UUID | None = None,
    command: str = "AgreeGoal",
    after: Mapping[str, int] | None = None,
) -> Wish:
    return Wish(who, "goals", uuid4(), "Goal", command, {}, str(of) if of else None, after or {})


async def test_one_s_commands_go_in_one_request_and_another_s_in_another() -> None:
    client, wishes = Answering(), [wish(), wish(TOMAS), wish()]
    ids = await crowd.all_of(client, wishes)
    assert set(ids) == {one.command_id for one in wishes}
    assert sorted(len(lines) for lines in client.sent) == [1, 2]
    assert client.commands == 3


async def test_what_is_answered_with_not_now_is_sent_again_with_the_ids_it_had() -> None:
    client, wishes = Answering(["ok", "behind"], ["behind"]), [wish(), wish()]
    ids = await crowd.all_of(client, wishes)
    assert set(ids) == {one.command_id for one in wishes}
    assert [[line["command_id"] for line in lines] for lines in client.sent[1:]] == [
        [str(wishes[1].command_id)]
    ] * 2
    assert client.again == 2


async def test_what_was_refused_because_something_before_it_waits_is_sent_again_after_it() -> None:
    goal = uuid4()
    first, second, other = wish(of=goal, command="ProposeGoal"), wish(of=goal), wish(of=uuid4())
    client = Answering(["behind", "nothing_proposed", "ok"])
    await crowd.all_of(client, [first, second, other])
    assert [line["command"] for line in client.sent[1]] == ["ProposeGoal", "AgreeGoal"]


async def test_what_another_service_began_a_moment_ago_is_waited_for() -> None:
    client, wishes = Answering(), [wish(after={"goals:3": 7}), wish(after={"goals:3": 5, "goals:9": 8})]
    await crowd.all_of(client, [*wishes, wish(TOMAS)])
    assert sorted(client.levels, key=len) == [{}, {"goals:3": 7, "goals:9": 8}]


async def test_a_request_hands_back_no_more_levels_than_it_may() -> None:
    wishes = [wish(after={f"goals:{n}": n + 1}) for n in range(20)]
    first, second = crowd.cut([*wishes, wish()])
    assert [len(first[0]), len(second[0])] == [16, 5]
    assert first[1] == {f"goals:{n}": n + 1 for n in range(16)}
    assert second[1] == {f"goals:{n}": n + 1 for n in range(16, 20)}
    assert [len(some) for some, _ in crowd.cut([wish() for _ in range(201)])] == [200, 1]


async def test_a_refusal_ends_it_and_says_whose_it_was() -> None:
    with pytest.raises(Problem, match="AgreeGoal by Tomás was answered 409 already_agreed"):
        await crowd.all_of(Answering(["already_agreed"]), [wish(TOMAS)])


async def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "PATIENCE", 0.0)
    with pytest.raises(Problem, match="503 behind"):
        await crowd.all_of(Answering(["behind"], ["behind"]), [wish()])
