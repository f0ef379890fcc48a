"""Instruments over HTTP from their publication to their retirement: their versions in words, and what they allow."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import School, open_school, pair_up
from kit.visits import see

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "observations")]


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform)


async def publish(platform: Platform, school: School, highest: int, instrument: UUID | None = None) -> UUID:
    told = {
        "code": "talk", "name": f"Talk, to {highest}", "framework": "danielson_2022",
        "items": [{"code": "talk", "kind": "rubric_level", "wording": f"Who asks? 1 to {highest}"}],
        "scale": {"lowest": 1, "highest": highest},
    }  # fmt: skip
    path = f"/v1/instruments/{instrument}/publish-instrument" if instrument else "/v1/instruments"
    answer = await platform.observations.post(path, by=school.coaching_lead, tenant=school.tenant, **told)
    return UUID(answer.json()["id"])


async def observe(
    platform: Platform, school: School, pair: UUID, level: int, instrument: str
) -> tuple[int, str]:
    at = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    taken = {"metric_code": "talk", "kind": "rubric_level", "numerator": level, "direction": "increase",
             "occurred_at": at, "instrument": instrument, "source": "observation"}  # fmt: skip
    answer = await platform.observations.http.post(
        "/v1/observations/record-observation",
        json={"partnership_id": str(pair), "started_at": at, "duration_s": 600, "mode": "live",
              "chosen_by": "joint", "instrument": instrument, "measurements": [taken]},
        headers=platform.issuer.person(school.coach, school.tenant) | {"Idempotency-Key": str(uuid4())},
    )  # fmt: skip
    return answer.status_code, answer.json().get("code", "")


async def test_an_instrument_is_published_used_renewed_and_retired(
    platform: Platform, school: School
) -> None:
    pair = await pair_up(platform, school)
    instrument = await publish(platform, school, 4)
    # At once, without waiting for any list to know of it.
    assert await observe(platform, school, pair, 4, "talk@1") == (201, "")
    assert await observe(platform, school, pair, 5, "talk@1") == (409, "level_outside_scale")
    assert await observe(platform, school, pair, 5, "talk@2") == (409, "instrument_version_unknown")
    await publish(platform, school, 6, instrument)
    assert await observe(platform, school, pair, 5, "talk@2") == (201, "")
    assert await observe(platform, school, pair, 5, "talk@1") == (409, "level_outside_scale")
    assert await observe(platform, school, pair, 4, "talk@1") == (201, "")
    assert await observe(platform, school, pair, 40, "their-own@3") == (201, "")
    await platform.observations.post(
        f"/v1/instruments/{instrument}/retire-instrument", by=school.coaching_lead, tenant=school.tenant
    )
    for version in ("talk@1", "talk@2", "talk@3"):
        status, code = await observe(platform, school, pair, 2, version)
        assert (status, code) == (
            409, "instrument_version_unknown" if version == "talk@3" else "instrument_takes_no_more",
        )  # fmt: skip
    await platform.level()
    assert len(await see(platform, school, "/v1/observations", "teacher")) == 4


async def test_what_was_observed_with_a_retired_instrument_may_be_corrected(
    platform: Platform, school: School
) -> None:
    pair = await pair_up(platform, school)
    instrument = await publish(platform, school, 4)
    at = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    taken: dict[str, Any] = {
        "metric_code": "talk", "kind": "rubric_level", "numerator": 2, "direction": "increase",
        "occurred_at": at, "instrument": "talk@1", "source": "observation",
    }  # fmt: skip
    observation = await platform.observations.begin(
        "observations/record-observation", by=school.coach, tenant=school.tenant, partnership_id=str(pair),
        started_at=at, duration_s=600, mode="live", chosen_by="joint", measurements=[taken],
    )  # fmt: skip
    await platform.observations.post(
        f"/v1/instruments/{instrument}/retire-instrument", by=school.coaching_lead, tenant=school.tenant
    )
    for level, expected in ((3, 200), (5, 409)):
        answer = await platform.observations.http.post(
            f"/v1/observations/{observation}/correct-observation",
            json={"measurements": [taken | {"numerator": level}], "reason_code": "miscounted"},
            headers=platform.issuer.person(school.coach, school.tenant) | {"Idempotency-Key": str(uuid4())},
        )  # fmt: skip
        assert answer.status_code == expected, answer.text


async def test_every_version_is_told_in_words_to_everyone_of_the_district(
    platform: Platform, school: School
) -> None:
    instrument = await publish(platform, school, 4)
    await publish(platform, school, 6, instrument)
    await platform.level()
    for path in ("/v1/instrument-versions", f"/v1/instrument-versions?instrument_id={instrument}"):
        second, first = await see(platform, school, path, "teacher")
        assert (second["instrument"], second["name"], second["scale"]) == (
            "talk@2", "Talk, to 6", {"lowest": 1, "highest": 6},
        )  # fmt: skip
        assert first["items"] == [{"code": "talk", "kind": "rubric_level", "wording": "Who asks? 1 to 4"}]
        assert (first["framework"], first["status"]) == ("danielson_2022", "published")
    assert await see(platform, school, f"/v1/instrument-versions?instrument_id={uuid4()}", "teacher") == []
    nobody = await platform.observations.get("/v1/instrument-versions", by=uuid4(), tenant=school.tenant)
    assert nobody.status_code == 404
    elsewhere = await open_school(platform)
    assert await see(platform, elsewhere, "/v1/instrument-versions", "teacher") == []


async def test_all_that_was_shown_comes_out_the_same_when_it_is_derived_again(platform: Platform) -> None:
    await platform.level()
    assert await platform.observations.derived_again()
