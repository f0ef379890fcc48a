"""The digest of an event: whatever is moved from one part of it to another shows."""

import hashlib
from datetime import UTC, datetime, timedelta

from backbone.chain import payload_digest
from chalkline_contracts.values import EPOCH, instant
from hypothesis import given
from hypothesis import strategies as st

MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
PARTS = st.binary(max_size=40)


@given(PARTS, PARTS, PARTS, st.integers(1, 40), MOMENTS, MOMENTS)
def test_no_byte_can_pass_from_one_part_to_the_next(
    salt: bytes, meta: bytes, data: bytes, moved: int, occurred: datetime, recorded: datetime
) -> None:
    digest = payload_digest(salt, data, meta, occurred, recorded)
    shifted = {
        (salt + meta[:moved], data, meta[moved:]),
        (salt[:-moved], data, salt[-moved:] + meta),
        (salt, data[moved:], meta + data[:moved]),
        (salt, meta[-moved:] + data, meta[:-moved]),
    } - {(salt, data, meta)}
    assert all(payload_digest(*parts, occurred, recorded) != digest for parts in shifted)


OCCURRED, RECORDED = datetime(2026, 11, 22, 2, 3, 2, 969043, UTC), datetime(2026, 11, 22, 2, 3, 3, tzinfo=UTC)


def test_a_digit_of_a_time_cannot_hide_at_the_end_of_the_salt() -> None:
    earlier = EPOCH + timedelta(microseconds=int(str(instant(OCCURRED))[1:]))
    assert earlier < OCCURRED
    digest = payload_digest(b"salt", b"{}", b"{}", OCCURRED, RECORDED)
    assert payload_digest(b"salt1", b"{}", b"{}", earlier, RECORDED) != digest


def test_without_lengths_it_could() -> None:
    def plain(salt: bytes, occurred: datetime) -> bytes:
        return hashlib.sha256(salt + f"{instant(occurred)}|{instant(RECORDED)}|".encode() + b"{}|{}").digest()

    earlier = EPOCH + timedelta(microseconds=int(str(instant(OCCURRED))[1:]))
    assert plain(b"salt1", earlier) == plain(b"salt", OCCURRED)
