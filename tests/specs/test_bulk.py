"""Many commands in one request: a line's id tells whether a command begins something or is asked of it."""

import json
from typing import Any
from uuid import UUID, uuid4

from backbone.bulk import Bulk
from backbone.commands import Answer, Order
from backbone.entrances import entrances
from backbone.identity import Caller
from backbone.trace import trace_from
from observations.aggregates import OBSERVATION


async def outcomes(*lines: dict[str, Any]) -> tuple[list[dict[str, Any]], list[Order]]:
    """What is answered, and what was ordered, when everything ordered is done."""
    orders: list[Order] = []
    sent: list[bytes] = []

    async def settle(order: Order) -> Answer:
        orders.append(order)
        return Answer(
            aggregate_id=order.aggregate_id, command_id=order.command_id, events=(), version=1, position=1,
            partition=1, replayed=False,
        )  # fmt: skip

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    async def paced(_: Caller) -> None:
        pace.append(len(orders))

    pace: list[int] = []
    bulk = Bulk("observations", list(entrances([OBSERVATION])), settle, paced, b"k" * 32)
    body = b"\n".join(json.dumps(line).encode() for line in lines)
    await bulk(Caller("person", str(uuid4()), uuid4()), body, trace_from(None), send)
    assert len(pace) == len(lines), "every line has its pace, whatever comes of it"
    return [json.loads(line) for line in b"".join(sent).splitlines()], orders


def recorded(of: UUID | None) -> dict[str, Any]:
    body = {
        "partnership_id": str(uuid4()), "started_at": "2026-03-02T09:00:00Z", "duration_s": 1800, "mode": "live",
        "chosen_by": "joint",
    }  # fmt: skip
    line = {
        "command_id": str(uuid4()),
        "aggregate": "Observation",
        "command": "RecordObservation",
        "body": body,
    }
    return line | ({"id": str(of)} if of else {})


async def test_a_command_that_begins_something_or_is_asked_of_it_is_taken_both_ways() -> None:
    scheduled = uuid4()
    told, orders = await outcomes(recorded(None), recorded(scheduled))
    assert [answer["status"] for answer in told] == [201, 200]
    new, known = orders
    assert (new.begins, known.begins) == (True, False)
    assert known.aggregate_id == scheduled != new.aggregate_id


async def test_an_id_that_is_missing_or_too_much_is_told() -> None:
    share = {"command_id": str(uuid4()), "aggregate": "Observation", "command": "ShareFeedback", "body": {}}
    schedule = {**share, "command": "ScheduleObservation", "id": str(uuid4())}
    told, orders = await outcomes(share, schedule, {**share, "command": "Unheard"})
    assert [answer["code"] for answer in told] == ["line_invalid", "line_invalid", "command_unknown"]
    assert [answer["errors"][0]["code"] for answer in told[:2]] == ["missing", "unexpected"]
    assert not orders
