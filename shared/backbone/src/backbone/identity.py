"""Who is asking: a JWT of the district's issuer, verified, and remembered for a minute at most."""

import hashlib
import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Container
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from joserfc import errors, jws, jwt

from backbone.deciding import Actor
from backbone.keys import Keys
from backbone.problems import Problem

ALGORITHMS = ("ES256", "RS256")
REMEMBERED_S = 60.0
"""How long a verified token may be used without verifying it again."""
REMEMBERED = 10_000
LONGEST = 8_192
"""How many characters a token may have."""

_KEYS_OF_THEIR_OWN = frozenset({"jwk", "jku", "x5c", "x5u", "crit", "b64"})
_SUBJECT = re.compile(r"[!-~]{1,200}")
_CLAIM_CODES = {"iss": "token_issuer", "aud": "token_audience", "nbf": "token_not_yet_valid",
                "iat": "token_not_yet_valid"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Caller:
    """Who holds a verified token. Only an operator may be of no district."""

    kind: Literal["person", "operator"]
    id: str
    tenant: UUID | None

    def actor(self, tenant: UUID | None = None) -> Actor:
        """The caller as one who acts in `tenant`, or in their own. Raises a Problem if there is none."""
        tenant = tenant or self.tenant
        if tenant is None:
            raise Problem("tenant_missing")
        return Actor(self.kind, self.id, tenant)


class Identity:
    """Verifies bearer tokens: algorithm, signature, issuer, audience, times, and who it names."""

    def __init__(
        self,
        keys: Keys,
        *,
        issuer: str,
        audience: str,
        algorithms: Collection[str] = ALGORITHMS,
        leeway: int = 10,
        now: Callable[[], float] = time.time,
        closed: Container[UUID] = (),
    ) -> None:
        """`closed`: districts of whose people nobody is heard any more."""
        self._keys, self._closed = keys, closed
        self._now = now
        self._algorithms = frozenset(algorithms)
        self._registry = jws.JWSRegistry(algorithms=list(algorithms))
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(now()),
            leeway=leeway,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
            kind={"essential": True, "values": ["person", "operator"]},
        )
        self._seen: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    async def caller(self, authorization: str | None) -> Caller:
        """Who sent this Authorization header. Raises a Problem: 401, 503 before any key is known, 410 for somebody of a
        district that has left.
        """
        caller = await self._named(authorization)
        if caller.kind == "person" and caller.tenant in self._closed:
            raise Problem("district_closed")
        return caller

    async def _named(self, authorization: str | None) -> Caller:
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise Problem("token_missing", "send the header Authorization: Bearer, a space, and the token")
        digest = hashlib.sha256(token.encode("latin-1", "replace")).digest()
        seen = self._seen.get(digest)
        if seen is not None:
            if self._now() < seen[0]:
                return seen[1]
            del self._seen[digest]
        until, caller = await self._verified(token)
        self._seen[digest] = (until, caller)
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return caller

    async def _verified(self, token: str) -> tuple[float, Caller]:
        if not token or len(token) > LONGEST or not token.isascii():
            raise Problem("token_malformed")
        algorithm, kid = self._header(token)
        if algorithm not in self._algorithms:
            raise Problem("token_algorithm")
        key = await self._keys.find(kid, algorithm)
        if key is None:
            raise Problem("token_signature")
        try:
            claims = jwt.decode(token, key, registry=self._registry).claims
        except errors.BadSignatureError:
            raise Problem("token_signature") from None
        except (errors.DecodeError, errors.InvalidPayloadError, ValueError, RecursionError):
            raise Problem("token_malformed") from None
        except errors.JoseError:  # the key is not for this algorithm, or not for signatures
            raise Problem("token_algorithm") from None
        return self._accepted(claims)

    def _header(self, token: str) -> tuple[str, str | None]:
        try:
            header = jws.extract_compact(token.encode()).headers()
            algorithm, kid = header.get("alg"), header.get("kid")
        except (errors.JoseError, ValueError, TypeError, AttributeError, RecursionError):
            raise Problem("token_malformed") from None
        if not _KEYS_OF_THEIR_OWN.isdisjoint(header) or not isinstance(algorithm, str):
            raise Problem("token_algorithm")
        if kid is not None and not isinstance(kid, str):
            raise Problem("token_malformed")
        return algorithm, kid

    def _accepted(self, claims: dict[str, Any]) -> tuple[float, Caller]:
        times = [claims[name] for name in ("exp", "nbf", "iat") if claims.get(name) is not None]
        if not all(type(t) in (int, float) and math.isfinite(t) and abs(t) < 1e12 for t in times):
            raise Problem("token_claims")
        try:
            self._claims.validate(claims)
        except errors.ExpiredTokenError:
            raise Problem("token_expired") from None
        except errors.InvalidClaimError as error:
            raise Problem(_CLAIM_CODES.get(error.claim, "token_claims")) from None
        except (errors.JoseError, TypeError, ValueError):
            raise Problem("token_claims") from None
        return min(self._now() + REMEMBERED_S, float(claims["exp"])), _caller(claims)


def _caller(claims: dict[str, Any]) -> Caller:
    """The person or operator that claims name. Raises a Problem."""
    kind, subject, tenant = claims["kind"], claims["sub"], claims.get("tenant")
    try:
        district = None if tenant is None else UUID(tenant)
        if kind == "person":
            if district is None:
                raise Problem("token_claims")
            return Caller("person", str(UUID(subject)), district)
    except (ValueError, TypeError, AttributeError):
        raise Problem("token_claims") from None
    if kind != "operator" or not _SUBJECT.fullmatch(subject):  # a list of kinds is no kind
        raise Problem("token_claims")
    return Caller("operator", subject, district)
