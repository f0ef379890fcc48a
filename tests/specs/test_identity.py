"""Whose token is believed, and what is said of every other."""

import asyncio
import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from backbone.identity import REMEMBERED_S, Identity
from backbone.keys import FRESH_S, PAUSE_S, Keys
from backbone.problems import Problem
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey
from kit.tokens import AUDIENCE, FORGERIES, ISSUER, PERSON, TENANT, Issuer, wrong_claims


class Time:
    def __init__(self, start: float) -> None:
        self.at = start

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


@pytest.fixture
def identity(issuer: Issuer) -> Identity:
    return Identity(Keys(str(issuer.path)), issuer=ISSUER, audience=AUDIENCE)


async def refused(identity: Identity, token: str) -> str:
    with pytest.raises(Problem) as problem:
        await identity.caller(f"Bearer {token}")
    assert problem.value.status == 401
    assert "WWW-Authenticate" in problem.value.headers
    return problem.value.code


async def test_a_person_acts_in_the_district_of_their_token(issuer: Issuer, identity: Identity) -> None:
    actor = (await identity.caller(f"Bearer {issuer.token()}")).actor()
    assert (actor.kind, actor.person, actor.tenant) == ("person", PERSON, TENANT)


async def test_only_an_operator_may_be_of_no_district(issuer: Issuer, identity: Identity) -> None:
    caller = await identity.caller(f"Bearer {issuer.token(kind='operator', sub='ops', tenant=None)}")
    assert (caller.kind, caller.id, caller.tenant) == ("operator", "ops", None)
    with pytest.raises(Problem, match="tenant_missing"):
        caller.actor()
    assert await refused(identity, issuer.token(tenant=None)) == "token_claims"


@pytest.mark.parametrize("authorization", [None, "", "Basic abc", "Token x"])
async def test_who_brings_no_bearer_token_is_told_so(identity: Identity, authorization: str | None) -> None:
    with pytest.raises(Problem, match="token_missing") as refused:
        await identity.caller(authorization)
    assert refused.value.detail is not None
    assert "Authorization: Bearer" in refused.value.detail


NOW = 1_800_000_000


@pytest.mark.parametrize(("changed", "code"), wrong_claims(NOW))
async def test_a_token_with_a_wrong_claim_is_refused_by_its_own_code(
    issuer: Issuer, changed: dict[str, Any], code: str
) -> None:
    identity = Identity(Keys(str(issuer.path)), issuer=ISSUER, audience=AUDIENCE, now=lambda: float(NOW))
    good = {"iat": NOW, "exp": NOW + 60}
    assert (await identity.caller(f"Bearer {issuer.token(**good)}")).id == str(PERSON)
    assert await refused(identity, issuer.token(**(good | changed))) == code


async def test_a_token_for_several_audiences_is_for_us_too(issuer: Issuer, identity: Identity) -> None:
    assert await identity.caller(f"bearer {issuer.token(aud=['wiki', AUDIENCE])}")


@pytest.mark.parametrize(("forge", "code"), [f[1:] for f in FORGERIES], ids=[f[0] for f in FORGERIES])
async def test_no_forgery_is_believed(
    issuer: Issuer, identity: Identity, forge: Callable[[Issuer], str], code: str
) -> None:
    assert await refused(identity, forge(issuer)) == code


async def test_a_shared_secret_among_the_published_keys_verifies_nothing(
    issuer: Issuer, identity: Identity
) -> None:
    secret = {"kty": "oct", "k": base64.urlsafe_b64encode(b"0" * 32).rstrip(b"=").decode(), "kid": "shared"}
    issuer.publish(secret, {"kty": "EC", "kid": "odd"}, {"kty": "AKP", "kid": "later"})
    head = {"alg": "HS256", "kid": "shared"}
    token = jwt.encode(head, issuer.claims(), OctKey.import_key(secret), algorithms=["HS256"])
    assert await refused(identity, token) == "token_algorithm"
    assert await identity.caller(f"Bearer {issuer.token()}")


async def test_a_token_that_was_tampered_with_is_not_believed(issuer: Issuer, identity: Identity) -> None:
    head, _, signature = issuer.token().split(".")
    other = (
        base64.urlsafe_b64encode(json.dumps(issuer.claims(kind="operator")).encode()).rstrip(b"=").decode()
    )
    assert await refused(identity, f"{head}.{other}.{signature}") == "token_signature"


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=120) | st.text("eyJ.0_-=", max_size=60) | st.binary(max_size=80).map(
    lambda raw: base64.urlsafe_b64encode(raw).decode() + ".e30.AA"))  # fmt: skip
async def test_any_other_text_is_refused_without_a_fault(identity: Identity, token: str) -> None:
    assert (await refused(identity, token)).startswith("token_")


@pytest.mark.parametrize("header", ['{"alg":' + "[" * 3000, "[]", "1", '{"alg":"ES256"', "\xff"])
async def test_a_header_that_is_no_header_is_malformed(identity: Identity, header: str) -> None:
    head = base64.urlsafe_b64encode(header.encode("latin-1")).rstrip(b"=").decode()
    assert await refused(identity, f"{head}.e30.AA") == "token_malformed"


async def test_a_token_without_end_is_not_read(identity: Identity) -> None:
    assert await refused(identity, "a" * 9000) == "token_malformed"


async def test_a_verified_token_is_remembered_for_a_minute_and_never_past_its_end(issuer: Issuer) -> None:
    now, elsewhen = Time(NOW), Time(0)
    identity = Identity(Keys(str(issuer.path), now=elsewhen), issuer=ISSUER, audience=AUDIENCE, now=now)
    long, short = (issuer.token(iat=NOW, exp=NOW + seconds) for seconds in (3600, 30))
    for token in (long, short):
        await identity.caller(f"Bearer {token}")
    del issuer.keys["first"]
    issuer.add("second")
    elsewhen.at += FRESH_S + 1
    await identity.caller(f"Bearer {issuer.token(kid='second', iat=NOW, exp=NOW + 60)}")
    assert (await identity.caller(f"Bearer {long}")).id == str(PERSON)  # remembered, its key is gone
    now.at += 41
    assert await refused(identity, short) in ("token_expired", "token_signature")
    now.at += REMEMBERED_S
    assert await refused(identity, long) == "token_signature"


async def test_a_new_key_is_found_when_a_token_names_it_but_not_at_any_rate(issuer: Issuer) -> None:
    now = Time(0)
    identity = Identity(Keys(str(issuer.path), now=now), issuer=ISSUER, audience=AUDIENCE)
    await identity.caller(f"Bearer {issuer.token()}")
    issuer.add("second")
    token = issuer.token(kid="second")
    assert await refused(identity, token) == "token_signature"  # too soon after the last reading
    now.at += PAUSE_S + 1
    assert (await identity.caller(f"Bearer {token}")).id == str(PERSON)


async def test_those_who_come_first_all_wait_for_the_keys(issuer: Issuer) -> None:
    identity = Identity(Keys(str(issuer.path)), issuer=ISSUER, audience=AUDIENCE)
    tokens = [issuer.token(jti=str(n)) for n in range(20)]
    callers = await asyncio.gather(*(identity.caller(f"Bearer {token}") for token in tokens))
    assert {caller.id for caller in callers} == {str(PERSON)}


async def test_when_the_issuer_is_out_the_keys_we_know_go_on(issuer: Issuer) -> None:
    now = Time(0)
    identity = Identity(Keys(str(issuer.path), now=now), issuer=ISSUER, audience=AUDIENCE)
    await identity.caller(f"Bearer {issuer.token()}")
    for outage in ("gone", "[]", '{"keys": 7}', '{"keys": []}', "[" * 9000):
        issuer.path.unlink(missing_ok=True)
        if outage != "gone":
            issuer.path.write_text(outage)
        now.at += FRESH_S + 1
        assert await identity.caller(f"Bearer {issuer.token(jti=outage[:9])}")
        assert await refused(identity, issuer.token(header={"kid": "unknown"})) == "token_signature"


async def test_before_any_key_is_known_nobody_is_blamed(issuer: Issuer) -> None:
    now = Time(0)
    identity = Identity(Keys(str(issuer.path), now=now), issuer=ISSUER, audience=AUDIENCE)
    published = issuer.path.read_text()
    issuer.path.unlink()
    with pytest.raises(Problem) as problem:
        await identity.caller(f"Bearer {issuer.token()}")
    assert (problem.value.status, problem.value.code) == (503, "keys_unavailable")
    assert problem.value.headers["Retry-After"] == "1"
    issuer.path.write_text(published)
    now.at += 2
    assert (await identity.caller(f"Bearer {issuer.token()}")).tenant == UUID(str(TENANT))
