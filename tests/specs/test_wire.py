"""Events on the wire: what comes out is what went in, to the byte, and what is no event is told as such."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from backbone import wire
from backbone.publishing import Unpublishable, wired
from backbone.reading import Told
from backbone.recorded import Meta, partition_of
from backbone.wire import Unreadable, read_event, told_in
from hypothesis import given
from hypothesis import strategies as st
from kit.tally import SERVICE

times = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2199, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
text = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
optional_text = st.none() | st.text('abcdefgh-:0123456789"\\,{}é ', min_size=1, max_size=40)
datas = st.builds(
    # Any JSON a model may dump: escapes, key orders, spaces and numbers that no second dump would repeat.
    lambda label, raw: f'{{"n": {raw}, "label":{json.dumps(label)},"x":",\\"data\\":1"}}',
    text,
    st.sampled_from(["1", "1.10", "1e2", "-0", '"12.50"', "null", '{"data":{"data":1}}']),
)
metas = st.builds(
    Meta,
    actor=st.uuids().map("person:{}".format)
    | st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), max_size=40).map(
        "operator:{}".format
    ),
    command_id=st.uuids().map(str),
    request=st.binary(min_size=16, max_size=16).map(bytes.hex),
    correlation_id=st.uuids().map(str),
    on_behalf_of=optional_text,
    causation_id=optional_text,
    traceparent=st.none() | st.just("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
)


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    tenant, stream_id = draw(st.uuids()), draw(st.uuids())
    return {
        "position": draw(st.integers(1, 2**40)),
        "event_id": draw(st.uuids()),
        "tenant": tenant,
        "stream_id": stream_id,
        "version": draw(st.integers(1, 2**31 - 1)),
        "type": draw(st.sampled_from(["TallyCounted", "TallyNamed"])),
        "schema_version": draw(st.integers(1, 9)),
        "partition": partition_of(tenant, stream_id),
        "data": draw(datas),
        "meta": draw(metas).encode(),
        "occurred_at": draw(times),
        "recorded_at": draw(times),
        "salt": draw(st.binary(min_size=16, max_size=16)),
        "digest": b"",
        "hash": draw(st.binary(min_size=32, max_size=32)),
    }


TENANT_ID = UUID("01900000-0000-7000-8000-000000000002")
AGGREGATE_ID = UUID("01900000-0000-7000-8000-000000000003")
ROW: dict[str, Any] = {
    "position": 7,
    "event_id": UUID("01900000-0000-7000-8000-000000000001"),
    "tenant": TENANT_ID,
    "stream_id": AGGREGATE_ID,
    "version": 3,
    "type": "TallyCounted",
    "schema_version": 1,
    "partition": partition_of(TENANT_ID, AGGREGATE_ID),
    "data": '{"n":1}',
    "meta": Meta(actor="system:probe", command_id="c", request="00", correlation_id="k").encode(),
    "occurred_at": datetime(2026, 3, 2, 15, tzinfo=UTC),
    "recorded_at": datetime(2026, 3, 2, 16, tzinfo=UTC),
    "salt": b"s",
    "digest": b"",
    "hash": b"h",
}


@given(rows(), st.integers(1, 99))
def test_what_a_message_says_is_what_the_row_had(row: dict[str, Any], history: int) -> None:
    found = wire.envelope(*wire.message(SERVICE, row, f"{history}@7"))
    assert found.data.decode() == row["data"]
    assert found.meta.encode() == row["meta"]
    assert (found.source, found.aggregate, found.incarnation) == (SERVICE, "Tally", f"{history}@7")
    assert (found.event_id, found.tenant, found.aggregate_id) == (
        row["event_id"],
        row["tenant"],
        row["stream_id"],
    )
    assert (found.name, found.schema_version, found.version) == (
        row["type"],
        row["schema_version"],
        row["version"],
    )
    assert (found.partition, found.hash, found.salt) == (row["partition"], row["hash"], row["salt"])
    assert (found.occurred_at, found.recorded_at) == (row["occurred_at"], row["recorded_at"])


@given(rows())
def test_a_message_is_the_same_each_time_and_proper_json(row: dict[str, Any]) -> None:
    subject, payload, headers = wire.message(SERVICE, row, "1@0")
    assert wire.message(SERVICE, dict(row), "1@0") == (subject, payload, headers)
    document = json.loads(payload)
    assert document["specversion"] == "1.0"
    assert document["id"] == headers["message_id"] == str(row["event_id"])
    assert document["data"] == json.loads(row["data"])
    assert list(document)[-1] == "data"


@given(rows())
def test_headers_and_subject_are_what_a_broker_takes(row: dict[str, Any]) -> None:
    subject, _, headers = wire.message(SERVICE, row, "1@0")
    assert subject.split(".")[:3] == ["ev", SERVICE, str(row["partition"])]
    assert len(subject.split(".")) == 6
    assert not any(c.isspace() for c in subject)
    for name, value in headers.items():
        assert value == value.strip(), name
        assert "\r" not in value, name
        assert "\n" not in value, name
    assert "Nats-Msg-Id" not in headers


def test_times_of_other_zones_travel_as_the_same_moment() -> None:
    there = timezone(timedelta(hours=-5))
    row = ROW | {"occurred_at": datetime(2026, 3, 2, 10, tzinfo=there)}
    assert wire.message(SERVICE, row, "1@0")[1] == wire.message(SERVICE, ROW, "1@0")[1]


def test_blanked_data_travel_as_null_with_their_digest_and_nobody_handles_them() -> None:
    where, payload, headers = wire.message(SERVICE, ROW | {"data": None, "salt": None}, "1@0")
    assert json.loads(payload)["data"] is None
    found = wire.envelope(where, payload, headers)
    assert (found.blanked, found.digest, found.salt) == (True, ROW["digest"], b"")
    told = Told(SERVICE, 1, (where, payload, headers))
    assert (told.name, told.malformed, told.partition) == (None, None, ROW["partition"])
    assert wire.DIGEST not in wire.message(SERVICE, ROW, "1@0")[2]
    assert Told(SERVICE, 1, wire.message(SERVICE, ROW, "1@0")).name == ROW["type"]


def test_every_circumstance_travels_and_comes_back_as_itself() -> None:
    assert wire.CIRCUMSTANCES.keys() == set(Meta._fields)
    meta = Meta(**{member: f"the {member}" for member in Meta._fields})._replace(actor="system:probe")
    assert wire.envelope(*wire.message(SERVICE, ROW | {"meta": meta.encode()}, "1@0")).meta == meta


async def unpublishable(**changed: Any) -> str:
    with pytest.raises(Unpublishable) as told:
        _ = [batch async for batch in wired(SERVICE, [ROW | changed], "1@0")]
    return str(told.value)


async def test_what_cannot_be_published_is_told_by_its_reason() -> None:
    assert await unpublishable(type="TallyMelted") == "position 7: no contract for probe.TallyMelted"
    for meta in (b"{}", b"[]", b"a canary"):
        told = await unpublishable(meta=meta)
        assert told.startswith("position 7 is damaged: ")
        assert "canary" not in told


SUBJECT, PAYLOAD, HEADERS = wire.message(SERVICE, ROW, "1@0")


def without(name: str) -> bytes:
    document = json.loads(PAYLOAD)
    del document[name]
    return json.dumps(document, separators=(",", ":")).encode()


def with_(**changed: Any) -> bytes:
    document = json.loads(PAYLOAD)
    data = document.pop("data")
    return json.dumps({**document, **changed, "data": data}, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("subject", "payload"),
    [
        (SUBJECT, b""),
        (SUBJECT, b"{"),
        (SUBJECT, b"[]"),
        (SUBJECT, b"null"),
        (SUBJECT, b'"text"'),
        (SUBJECT, b"\xff\xfe"),
        (SUBJECT, b"12"),
        *((SUBJECT, without(name)) for name in json.loads(PAYLOAD)
          if name not in {"specversion", "source", "datacontenttype", "dataschema", "partition",
                          "dataclassification"}),
        (SUBJECT, with_(id="no uuid")),
        (SUBJECT, with_(id=5)),
        (SUBJECT, with_(sequence="x")),
        (SUBJECT, with_(sequence=float("inf"))),
        (SUBJECT, with_(time="yesterday")),
        (SUBJECT, with_(time="2026-03-02T15:00:00")),
        (SUBJECT, with_(recordedtime="2026-03-02")),
        (SUBJECT.replace(f".{ROW['partition']}.", ".64."), PAYLOAD),
        (SUBJECT.replace(f".{ROW['partition']}.", ".-1."), PAYLOAD),
        (SUBJECT, with_(type="chalkline.probe.TallyCounted")),
        (SUBJECT, with_(type="elsewhere.probe.TallyCounted.v1")),
        (SUBJECT, with_(type="chalkline.goals.TallyCounted.v1")),
        (SUBJECT, with_(type="chalkline.probe.TallyNamed.v1")),
        (SUBJECT, with_(tenantid=str(UUID(int=9)))),
        ("ev.probe", PAYLOAD),
        ("ev.probe.x.y.Tally.TallyCounted", PAYLOAD),
        (SUBJECT + ".more", PAYLOAD),
    ],
)  # fmt: skip
def test_what_is_no_event_is_malformed(subject: str, payload: bytes) -> None:
    with pytest.raises(wire.Malformed):
        wire.envelope(subject, payload, HEADERS)


@pytest.mark.parametrize(
    ("subject", "payload"),
    [
        (SUBJECT, with_(id="a canary")),
        (SUBJECT, with_(sequence="a canary")),
        (SUBJECT, with_(time="a canary")),
        (SUBJECT, with_(type="a canary")),
        (SUBJECT, with_(canary="1").replace(b'"1",', b'"1,')),
        ("ev.probe.0.a-canary.Tally.TallyCounted", PAYLOAD),
        ("ev.probe.0.CANARY000000000000000000000000000.Tally.TallyCounted", PAYLOAD),
    ],
)
def test_what_is_malformed_is_told_without_what_was_there(subject: str, payload: bytes) -> None:
    with pytest.raises(wire.Malformed) as told:
        wire.envelope(subject, payload, HEADERS)
    assert "canary" not in str(told.value).lower()


def test_what_an_envelope_lacks_is_named() -> None:
    with pytest.raises(wire.Malformed, match="it has no commandid"):
        wire.envelope(SUBJECT, without("commandid"), HEADERS)


@given(
    st.binary(max_size=200), st.text(max_size=60), st.dictionaries(st.text(max_size=9), st.text(max_size=9))
)
def test_no_message_whatever_does_more_than_be_malformed(
    payload: bytes, subject: str, headers: dict[str, str]
) -> None:
    for where, what in ((subject, payload), (SUBJECT, payload), (subject, PAYLOAD)):
        with pytest.raises(wire.Malformed):
            wire.envelope(where, what, headers)


@given(st.data())
def test_a_message_of_the_right_shape_and_any_content_is_an_event_or_malformed(data: st.DataObject) -> None:
    values = st.none() | st.booleans() | st.integers() | st.floats() | text | st.lists(text, max_size=2)
    document = {name: data.draw(values) if data.draw(st.booleans()) else value
                for name, value in json.loads(PAYLOAD).items()}  # fmt: skip
    try:
        wire.envelope(SUBJECT, json.dumps(document).encode(), {wire.HASH: data.draw(text)})
    except wire.Malformed:
        return


def test_what_cannot_be_read_is_told_by_where_it_does_not_fit_and_never_by_what_was_there() -> None:
    with pytest.raises(Unreadable) as told:
        read_event(SERVICE, "TallyCounted", 1, '{"n": "a canary", "label": 7}')
    assert "canary" not in str(told.value)
    assert "n int_parsing" in str(told.value)


def test_a_story_is_told_up_to_what_cannot_be_read() -> None:
    """Newer code told it, or it is damaged: what came after it waits with it."""
    row = {"type": "TallyCounted", "schema_version": 1, "data": '{"n": 1, "label": "one"}'}
    for unread in ({"schema_version": 99}, {"type": "TallyMelted"}, {"data": "{}"}, {"data": None}):
        rows = [row | {"place": place} | (unread if place == 2 else {}) for place in range(4)]
        assert [told["place"] for told, event in told_in(SERVICE, rows) if event] == [0, 1]
