"""An issuer for tests: its keys, and tokens of every kind, good and broken."""

import json
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

ISSUER, AUDIENCE = "urn:chalkline:test", "chalkline"
TENANT = UUID("0198c2a4-0000-7000-8000-000000000001")
PERSON = UUID("0198c2a4-0000-7000-8000-0000000000a1")


class Issuer:
    """Signs with one of its keys, and publishes the public halves in a file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "jwks.json"
        self.keys: dict[str, ECKey | RSAKey] = {}
        self.add("first")

    def add(self, kid: str) -> None:
        self.keys[kid] = ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"})
        self.publish()

    def publish(self, *others: dict[str, Any]) -> None:
        public = [key.as_dict(private=False) for key in self.keys.values()]
        self.path.write_text(json.dumps({"keys": [*public, *others]}))

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Those of a person's good token; None takes one away."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(PERSON),
            "tenant": str(TENANT),
            "kind": "person",
            "iat": now,
            "exp": now + 300,
        } | changed
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, *, kid: str = "first", header: dict[str, Any] | None = None, **changed: Any) -> str:
        head = {"alg": "ES256", "kid": kid, **(header or {})}
        return jwt.encode(head, self.claims(**changed), self.keys[kid], algorithms=["ES256"])

    def person(self, person: UUID = PERSON, tenant: UUID = TENANT) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(sub=str(person), tenant=str(tenant))}"}

    def operator(self, tenant: UUID | None = None) -> dict[str, str]:
        token = self.token(sub="operator", kind="operator", tenant=str(tenant) if tenant else None)
        return {"Authorization": f"Bearer {token}"}


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}
