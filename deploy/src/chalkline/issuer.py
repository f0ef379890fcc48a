"""The local development issuer: signs tokens the services believe on this machine, and nowhere else.

In production tokens come from the district's identity provider; services then are given its issuer
and the address of its keys instead.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import ECKey

from chalkline import credentials
from chalkline.problem import Problem
from chalkline.state import State, read_json, write_json

ISSUER = "urn:chalkline:local"
AUDIENCE = "chalkline"
ALGORITHM = "ES256"
SHORTEST, LONGEST = timedelta(seconds=1), timedelta(hours=24)
"""How long a token may be valid: it cannot be taken back."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token speaks for."""

    sub: str
    kind: str
    """`person` or `operator`."""
    tenant: str | None


def signing_key(state: State) -> ECKey:
    """The issuer's key, made at first start; its public half is published in jwks.json."""
    stored = credentials.remember(state.secrets / "issuer" / "signing_key.json", _new_key)
    key = ECKey.import_key(_parsed(stored))
    if not state.jwks.exists():
        public = key.as_dict(private=False)
        write_json(state.jwks, {"keys": [{**public, "use": "sig", "alg": ALGORITHM}]})
    return key


def _new_key() -> str:
    import json  # noqa: PLC0415 - once in the life of a platform

    key = ECKey.generate_key("P-256")
    return json.dumps({**key.as_dict(private=True), "kid": key.thumbprint()})


def _parsed(stored: str) -> dict[str, Any]:
    import json  # noqa: PLC0415

    parsed: dict[str, Any] = json.loads(stored)
    return parsed


def bearer(state: State, who: str, tenant: UUID | None) -> Bearer:
    """A persona by name, a person by UUID, or `operator`. Raises Problem for a name nobody has."""
    if who.lower() == "operator":
        return Bearer("operator", "operator", str(tenant) if tenant else None)
    personas: dict[str, dict[str, str]] = read_json(state.personas) or {}
    for name, persona in personas.items():
        if who.lower() in (name.lower(), persona["id"]):
            return Bearer(persona["id"], "person", str(tenant) if tenant else persona["tenant"])
    try:
        person = UUID(who)
    except ValueError:
        known = ", ".join([*personas, "operator"])
        raise Problem(
            f"nobody here is called {who}", f"known are: {known}; or give a person's UUID and --tenant"
        ) from None
    if tenant is None:
        raise Problem(f"which district does {person} belong to?", "add --tenant <district's UUID>")
    return Bearer(str(person), "person", str(tenant))


def token(state: State, whom: Bearer, *, ttl: timedelta = timedelta(hours=1)) -> str:
    """A signed token; valid from this second on. Raises Problem for a `ttl` under a second or over a day."""
    if not SHORTEST <= ttl <= LONGEST:
        raise Problem(
            f"a token cannot be valid for {ttl.total_seconds():,.0f} seconds",
            "give --ttl between 1s and 24h, such as 30m",
        )
    key = signing_key(state)
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": whom.sub,
        "kind": whom.kind,
        "iat": now,
        "nbf": now,
        "exp": now + int(ttl.total_seconds()),
    }
    if whom.tenant:
        claims["tenant"] = whom.tenant
    return jwt.encode({"alg": ALGORITHM, "typ": "JWT", "kid": key.kid}, claims, key, algorithms=[ALGORITHM])
