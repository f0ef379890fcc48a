"""An issuer for tests: its keys, and tokens of every kind, good and broken."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from joserfc import jws, jwt
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

    def add_rsa(self, kid: str) -> None:
        self.keys[kid] = RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})
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
        algorithm = "ES256" if self.keys[kid].key_type == "EC" else "RS256"
        head = {"alg": algorithm, "kid": kid, **(header or {})}
        return jwt.encode(head, self.claims(**changed), self.keys[kid], algorithms=[algorithm])

    def person(self, person: UUID = PERSON, tenant: UUID = TENANT) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(sub=str(person), tenant=str(tenant))}"}

    def operator(self, tenant: UUID | None = None) -> dict[str, str]:
        token = self.token(sub="operator", kind="operator", tenant=str(tenant) if tenant else None)
        return {"Authorization": f"Bearer {token}"}


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


# Broken tokens ---------------------------------------------------------------------------------------


def wrong_claims(now: int) -> list[tuple[dict[str, Any], str]]:
    """What to change in the claims of a good token, and the code by which it is refused."""
    return [
        ({"exp": now - 60}, "token_expired"),
        ({"exp": None}, "token_claims"),
        ({"exp": "tomorrow"}, "token_claims"),
        ({"exp": True}, "token_claims"),
        ({"exp": 1e300}, "token_claims"),
        ({"exp": float("nan")}, "token_claims"),
        ({"exp": float("inf")}, "token_claims"),
        ({"nbf": now + 60}, "token_not_yet_valid"),
        ({"nbf": "later"}, "token_claims"),
        ({"iat": now + 60}, "token_not_yet_valid"),
        ({"iss": "somebody else"}, "token_issuer"),
        ({"iss": None}, "token_claims"),
        ({"iss": ["urn:chalkline:test"]}, "token_issuer"),
        ({"aud": "payroll"}, "token_audience"),
        ({"aud": ["payroll", "wiki"]}, "token_audience"),
        ({"aud": 7}, "token_audience"),
        ({"sub": None}, "token_claims"),
        ({"sub": "not a uuid"}, "token_claims"),
        ({"sub": 7}, "token_claims"),
        ({"sub": {"a": 1}}, "token_claims"),
        ({"kind": "operator", "sub": "a\nb"}, "token_claims"),
        ({"kind": "operator", "sub": "o" * 201}, "token_claims"),
        ({"kind": "system"}, "token_claims"),
        ({"kind": None}, "token_claims"),
        ({"kind": ["person"]}, "token_claims"),
        ({"tenant": "x"}, "token_claims"),
        ({"tenant": 5}, "token_claims"),
    ]


def unsigned(claims: dict[str, Any], **header: Any) -> str:
    parts = (json.dumps(part).encode() for part in ({"typ": "JWT", **header}, claims))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def _forger(algorithm: str) -> ECKey | RSAKey:
    if algorithm == "RS256":
        return RSAKey.generate_key(2048)
    return ECKey.generate_key("P-384" if algorithm == "ES384" else "P-256")


def _forged(issuer: Issuer, algorithm: str) -> str:
    head = {"alg": algorithm, "kid": "first"}
    return jwt.encode(head, issuer.claims(), _forger(algorithm), algorithms=[algorithm])


def _own_key(issuer: Issuer, member: str) -> str:
    forger = _forger("ES256")
    value = forger.as_dict(private=False) if member == "jwk" else "https://forger.example/keys"
    head = {"alg": "ES256", "kid": "first", member: value}
    claims = json.dumps(issuer.claims()).encode()
    registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
    return jws.serialize_compact(head, claims, forger, registry=registry)


def _confused(issuer: Issuer) -> str:
    # By hand: the library would not take a public key for a secret.
    signed = unsigned(issuer.claims(), alg="HS256", kid="first").rstrip(".")
    mac = hmac.digest(issuer.keys["first"].as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


FORGERIES: list[tuple[str, Callable[[Issuer], str], str]] = [
    ("none", lambda i: unsigned(i.claims(), alg="none", kid="first"), "token_algorithm"),
    ("None", lambda i: unsigned(i.claims(), alg="None", kid="first"), "token_algorithm"),
    ("no alg", lambda i: unsigned(i.claims(), kid="first"), "token_malformed"),
    ("a list for alg", lambda i: unsigned(i.claims(), alg=["ES256"], kid="first"), "token_algorithm"),
    ("empty signature", lambda i: unsigned(i.claims(), alg="ES256", kid="first"), "token_signature"),
    ("a list for kid", lambda i: unsigned(i.claims(), alg="ES256", kid=["first"]), "token_malformed"),
    ("a path for kid", lambda i: unsigned(i.claims(), alg="ES256", kid="../../dev/null"), "token_signature"),
    ("crit", lambda i: i.token(header={"b64": True, "crit": ["b64"]}), "token_algorithm"),
    ("jwk in the header", lambda i: _own_key(i, "jwk"), "token_algorithm"),
    ("jku in the header", lambda i: _own_key(i, "jku"), "token_algorithm"),
    ("x5u in the header", lambda i: _own_key(i, "x5u"), "token_algorithm"),
    ("HS256 with the public key", _confused, "token_algorithm"),
    ("another's signature", lambda i: _forged(i, "ES256"), "token_signature"),
    ("RS256 under the id of an EC key", lambda i: _forged(i, "RS256"), "token_signature"),
    ("ES384", lambda i: _forged(i, "ES384"), "token_algorithm"),
]  # fmt: skip


def broken(issuer: Issuer) -> Iterator[tuple[str, str, str]]:
    """Tokens of every broken kind: what is wrong, the token, and the code by which it is refused."""
    for changed, code in wrong_claims(int(time.time())):
        yield f"claims {changed}", issuer.token(**changed), code
    for name, forge, code in FORGERIES:
        yield name, forge(issuer), code
    head, _, signature = issuer.token().split(".")
    other = (
        base64.urlsafe_b64encode(json.dumps(issuer.claims(kind="operator")).encode()).rstrip(b"=").decode()
    )
    yield "tampered", f"{head}.{other}.{signature}", "token_signature"
    yield "cut off", issuer.token()[:-20], "token_signature"
    yield "without end", issuer.token() + "A" * 9000, "token_malformed"
    yield "no token", "not-a-token", "token_malformed"
    yield "empty", "", "token_malformed"
