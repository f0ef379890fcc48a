"""The issuer's public keys: read from a file or an address, read again when they rotate.

A key that has left the set is not gone by any more five minutes later, however quiet it was in between; a new one is
found when a token names it. While the set cannot be read, or says nothing, known keys go on, for a day at most.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import structlog
from joserfc import errors
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

from backbone.problems import Problem

log = structlog.get_logger(__name__)

PublicKey = ECKey | RSAKey
KINDS: Final = {"ES256": "EC", "RS256": "RSA"}
"""Which kind of key an algorithm takes. An issuer may have one of each under the same id."""

FRESH_S = 300.0
"""After this long without a reading nobody is let in by a known key before the set was read, or could not be."""
AHEAD_S = 60.0
"""So much earlier the next token has them read, and nobody waits."""
PAUSE_S = 10.0
"""How long after one reading an unknown key id, or a failure, may cause another."""
KEPT_S = 24 * 3600.0
"""How long known keys go on while the set cannot be read: no longer serves a stolen one, whose thief cuts us off."""

LARGEST = 256 * 1024
"""How many bytes a set of keys may have: more is something else, or meant to hurt."""

RETRY_S = 1.0
"""How long after a failure, while no key is known at all."""


class Keys:
    """A JSON Web Key Set, at a path or an http(s) URL."""

    def __init__(
        self, source: str, *, timeout: float = 5.0, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._source = source
        self._timeout = timeout
        self._now = now
        self._keys: Mapping[tuple[str, str], PublicKey] = {}
        self._tried_at = self._read_at = -KEPT_S - PAUSE_S
        self._readings = 0
        self._reading = asyncio.Lock()
        self._refreshing: asyncio.Task[None] | None = None

    async def find(self, kid: str | None, algorithm: str) -> PublicKey | None:
        """The key of that id for that algorithm, or the only one for it if a token names none. Raises a Problem
        before any is known, and when none was read for a day.
        """
        tried, known = self._now() - self._tried_at, self._known(kid, algorithm)
        busy = self._reading.locked()
        if (known is None and (tried > PAUSE_S or busy)) or tried > FRESH_S:
            await self._read(self._readings)
        elif self._now() - self._read_at > FRESH_S - AHEAD_S and tried > PAUSE_S and not busy:
            self._refreshing = asyncio.create_task(self._read(self._readings))
        if not self._keys or self._now() - self._read_at > KEPT_S:
            raise Problem("keys_unavailable")
        return self._known(kid, algorithm)

    def _known(self, kid: str | None, algorithm: str) -> PublicKey | None:
        kind = KINDS.get(algorithm, "")
        if kid is None:
            fitting = [key for (_, of), key in self._keys.items() if of == kind]
            return fitting[0] if len(fitting) == 1 else None
        return self._keys.get((kid, kind))

    async def _read(self, seen: int) -> None:
        async with self._reading:
            if self._readings != seen:  # somebody read them while we waited
                return
            self._tried_at = self._now()
            try:
                self._keys = _public(json.loads(await self._fetch()))
                self._read_at = self._now()
            except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError,
                    httpx.HTTPError, httpx.InvalidURL, errors.JoseError) as error:  # fmt: skip
                log.warning("keys_unavailable", source=self._source, error=type(error).__name__)
                if not self._keys:  # nobody can be let in: try again soon
                    self._tried_at += RETRY_S - PAUSE_S
            finally:
                self._readings += 1

    async def _fetch(self) -> bytes:
        if self._source.startswith(("http://", "https://")):
            async with asyncio.timeout(self._timeout), httpx.AsyncClient(timeout=self._timeout) as client:
                return await _document(client, self._source)
        return await asyncio.to_thread(Path(self._source).read_bytes)


async def _document(client: httpx.AsyncClient, address: str) -> bytes:
    """What lies there itself: no redirect is followed, nothing is unpacked. Raises ValueError where it is too large."""
    found = bytearray()
    async with client.stream("GET", address, headers={"Accept-Encoding": "identity"}) as response:
        response.raise_for_status()
        async for part in response.aiter_raw():
            found += part
            if len(found) > LARGEST:
                raise ValueError(f"more than {LARGEST} bytes")
    return bytes(found)


def _public(document: Any) -> Mapping[tuple[str, str], PublicKey]:
    """The keys that verify signatures, by id and kind. A shared secret is never one, whatever the set says; of several
    of one id and kind the first counts. Raises ValueError where there is none: whoever signs has a key.
    """
    found: dict[tuple[str, str], PublicKey] = {}
    for data in document["keys"]:
        if not isinstance(data, dict) or data.get("kty") not in KINDS.values():
            continue
        if data.get("use", "sig") != "sig":
            continue
        try:
            key = JWKRegistry.import_key(data)
        except (errors.JoseError, ValueError, TypeError) as error:  # one odd key does not hide the others
            log.warning("key_ignored", error=type(error).__name__)
            continue
        if isinstance(key, ECKey | RSAKey):
            whose = str(data.get("kid") or key.thumbprint()), key.key_type
            if whose in found:
                log.warning("key_ignored", error="another has its id")
            found.setdefault(whose, key)
    if not found:
        raise ValueError("no key")
    return found
