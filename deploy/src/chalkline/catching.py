"""`python -m chalkline.catching <folder> <port>`: a mail server that delivers to nobody.

What it takes becomes a file, whole before it is acknowledged; of very many the oldest go. `chalkline mail` shows them.
"""

import asyncio
import os
import secrets
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from backbone import ending

KEPT = 10_000
"""How many mails are kept."""
LARGEST = 5_000_000
"""Bytes of one mail."""
TIDIED_EVERY = 500


class Catcher:
    """What aiosmtpd asks when a mail has come."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for half in folder.glob(".*.eml"):  # of one that was killed; nobody was told that it was taken
            half.unlink(missing_ok=True)
        self._folder = folder
        self._since_tidied = TIDIED_EVERY

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content: Any = envelope.original_content or b""
        # As a mailbox has it: who it was from and who it was for, whatever its headers say.
        told = [f"Return-Path: <{envelope.mail_from}>", *(f"Delivered-To: {to}" for to in envelope.rcpt_tos)]
        raw = "".join(f"{line}\r\n" for line in told).encode("utf-8", "surrogateescape") + content
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}.eml"
        partial = self._folder / f".{name}"
        partial.write_bytes(raw)
        partial.rename(self._folder / name)
        self._tidy()
        return "250 2.0.0 caught"

    def _tidy(self) -> None:
        self._since_tidied += 1
        if self._since_tidied >= TIDIED_EVERY:
            self._since_tidied = 0
            for old in sorted(self._folder.glob("*.eml"))[:-KEPT]:
                old.unlink(missing_ok=True)


async def catch(folder: Path, port: int) -> None:
    """Catches mails on loopback until SIGTERM or SIGINT."""
    catcher, loop, ended = Catcher(folder), asyncio.get_running_loop(), asyncio.Event()

    def conversation() -> SMTP:
        return SMTP(
            catcher, data_size_limit=LARGEST, enable_SMTPUTF8=True, hostname="localhost",
            ident=f"chalkline catcher {os.getpid()}", loop=loop,
        )  # fmt: skip

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, ended.set)
    server = await loop.create_server(conversation, "127.0.0.1", port)
    await ended.wait()
    server.close()


if __name__ == "__main__":
    ending.run(catch(Path(sys.argv[1]), int(sys.argv[2])))
