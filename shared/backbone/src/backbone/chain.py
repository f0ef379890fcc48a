"""The chain: each event vouches for its predecessor in the stream.

The key lies outside the database, so whoever can edit rows still cannot make them agree. Only digests
are chained; a departed district's payloads can be blanked and the chain still verifies.
"""

import hashlib
import hmac
from datetime import datetime
from uuid import UUID

from chalkline_contracts.values import instant


def genesis(key: bytes, tenant: UUID, stream_id: UUID) -> bytes:
    """What the first event of a stream follows: 32 bytes that only this stream has."""
    return hmac.digest(key, b"chalkline" + tenant.bytes + stream_id.bytes, "sha256")


def payload_digest(
    salt: bytes, data: bytes, meta: bytes, occurred_at: datetime, recorded_at: datetime
) -> bytes:
    """SHA-256 over both times in µs since 1970, salt, meta and data exactly as they are stored.

    Lengths come first, so that no byte can pass from one of them to the next.
    """
    head = f"{instant(occurred_at)}|{instant(recorded_at)}|{len(salt)}|{len(meta)}|"
    return hashlib.sha256(b"".join((head.encode(), salt, meta, data))).digest()


def link(
    key: bytes,
    previous: bytes,
    event_id: UUID,
    event_type: str,
    schema_version: int,
    version: int,
    digest: bytes,
) -> bytes:
    """The hash of one event, 32 bytes: HMAC-SHA256 over its predecessor's, its identity and its digest."""
    identity = f"{event_type}.v{schema_version}#{version}".encode()
    return hmac.digest(key, b"".join((previous, event_id.bytes, digest, identity)), "sha256")


def request_hash(key: bytes, *parts: bytes) -> bytes:
    """Tells one request from another without telling what was in it: keyed, because it goes on the wire."""
    return hmac.digest(key, b"\x1f".join(parts), "sha256")[:16]
