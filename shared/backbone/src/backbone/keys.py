"""The issuer's public keys: read from a file or an address, read again when they rotate.

An outage of the issuer changes nothing for tokens whose keys are known.
"""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import structlog
from joserfc import errors
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

from backbone.problems import Problem

log = structlog.get_logger(__name__)

PublicKey = ECKey | RSAKey

FRESH_S = 300.0
"""After this long the keys are read again with the next token, whether or not its key is known."""
PAUSE_S = 10.0
"""How long after one reading an unknown key id, or a failure, may cause another."""

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
        self._keys: dict[str | None, PublicKey] = {}
        self._read_at = -FRESH_S - PAUSE_S
        self._readings = 0
        self._reading = asyncio.Lock()
        self._refreshing: asyncio.Task[None] | None = None

    async def find(self, kid: str | None) -> PublicKey | None:
        """The key of that id, or the only key if a token names none. Raises a Problem before any is known."""
        since, known = self._now() - self._read_at, self._known(kid)
        if known is None and (since > PAUSE_S or self._reading.locked()):
            await self._read(self._readings)
        elif since > FRESH_S:  # nobody waits for what is only a precaution
            self._refreshing = asyncio.create_task(self._read(self._readings))
        if not self._keys:
            raise Problem("keys_unavailable")
        return self._known(kid)

    def _known(self, kid: str | None) -> PublicKey | None:
        if kid is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(kid)

    async def _read(self, seen: int) -> None:
        async with self._reading:
            if self._readings != seen:  # somebody read them while we waited
                return
            self._read_at = self._now()
            try:
                self._keys = _public(json.loads(await self._fetch())) or self._keys
            except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError,
                    httpx.HTTPError, httpx.InvalidURL, errors.JoseError) as error:  # fmt: skip
                log.warning("keys_unavailable", source=self._source, error=type(error).__name__)
                if not self._keys:  # nobody can be let in: try again soon
                    self._read_at += RETRY_S - PAUSE_S
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


def _public(document: Any) -> dict[str | None, PublicKey]:
    """The keys that verify signatures, by id. A shared secret is never one, whatever the set says."""
    found: dict[str | None, PublicKey] = {}
    for data in document["keys"]:
        if not isinstance(data, dict) or data.get("kty") not in ("EC", "RSA"):
            continue
        if data.get("use", "sig") != "sig":
            continue
        try:
            key = JWKRegistry.import_key(data)
        except (errors.JoseError, ValueError, TypeError) as error:  # one odd key does not hide the others
            log.warning("key_ignored", error=type(error).__name__)
            continue
        if isinstance(key, ECKey | RSAKey):
            found[data.get("kid") or key.thumbprint()] = key
    return found
