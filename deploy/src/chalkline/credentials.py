"""Passwords, seeds and keys: made once, at first start, each in a file of its own only its owner can read.

secrets/<service>/   database_password  owner_password  nats_seed  chain_key
secrets/operator/    nats_seed
secrets/sys/         nats_seed
secrets/postgres/    superuser_password
secrets/issuer/      signing_key.json
"""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

import nkeys

from chalkline.state import SERVICES


def remember(path: Path, make: Callable[[], str]) -> str:
    """What the file holds; made and stored first when there is none."""
    try:
        return path.read_text()
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # No newline at the end: clients read these files byte by byte.
        content = make()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(content)
        return content


def password() -> str:
    return secrets.token_urlsafe(32)


def user_seed() -> str:
    """The private half of a NATS identity."""
    seed: bytes = nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_USER)
    return seed.decode()


def public_key(seed: str) -> str:
    key: bytes = nkeys.from_seed(bytearray(seed.encode())).public_key
    return key.decode()


def service_secrets(folder: Path, service: str) -> Path:
    """The folder a service is given as CHALKLINE_SECRETS_DIR, complete."""
    own = folder / service
    remember(own / "database_password", password)
    remember(own / "owner_password", password)
    remember(own / "nats_seed", user_seed)
    remember(own / "chain_key", lambda: secrets.token_hex(32))
    return own


def nats_identities(folder: Path) -> dict[str, str]:
    """{identity: public key} for every service, the operator and the system account."""
    names = (*SERVICES, "operator", "sys")
    return {name: public_key(remember(folder / name / "nats_seed", user_seed)) for name in names}
