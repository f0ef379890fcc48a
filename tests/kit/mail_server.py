"""A mail server that does as it is told: answers, refuses, falls silent or hangs up at any byte.

    async with mail_server() as server:
        server.at("rcpt", "451 4.7.1 try again later", times=1)
        server.at("dot", HANG_UP, times=1)
        ...
        assert [mail.message_id for mail in server.taken] == [...]

Stages: greeting, ehlo, starttls, auth, mail, rcpt, data, body (after the first bytes of a mail), dot (after its
last), rset. What is not told otherwise is answered as a server should.
"""

import asyncio
import ipaddress
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from notifications.settings import MailSettings


@dataclass(frozen=True)
class Odd:
    """What is no answer at all."""

    what: str


HANG_UP = Odd("hangs up")
SILENCE = Odd("never answers")
ENDLESS = Odd("a line without end")
JUNK = Odd("bytes that are no SMTP")
TAKE_AND_HANG_UP = Odd("takes the mail and hangs up before it says so")
RESET = Odd("resets the connection")
DRIP = Odd("a byte a moment, never to the end")

Deed = str | bytes | Odd
"""A line that is answered, bytes as they are, or what is no answer at all."""


@dataclass(frozen=True)
class Taken:
    """A mail the server has said it has, or at least has."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        return cast(EmailMessage, message_from_bytes(self.raw, policy=policy.default))

    @property
    def message_id(self) -> str:
        return str(self.mail["Message-ID"])

    def text(self, kind: str = "plain") -> str:
        body = self.mail.get_body((kind,))
        assert body is not None
        return str(body.get_content())


@dataclass
class MailServer:
    """See the module. `port` is where it listens; `connections` how many there have been."""

    implicit: ssl.SSLContext | None = None
    starttls: ssl.SSLContext | None = None
    credentials: tuple[str, str] | None = None
    utf8: bool = True
    port: int = 0
    connections: int = 0
    open: int = 0
    most_open: int = 0
    taken: list[Taken] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    """Recipients named, whether or not they were accepted."""
    slowly: float = 0
    """Seconds before anything is answered."""
    slow: float = 0
    """Seconds between taking a mail and saying so."""
    when_taken: Callable[[Taken], None] = lambda _: None
    _deeds: dict[str, list[Deed]] = field(default_factory=lambda: defaultdict(list))
    _always: dict[str, Deed] = field(default_factory=dict)

    def at(self, stage: str, deed: Deed, *, times: int | None = None) -> None:
        """Does something odd at a stage, some times or from now on."""
        if times is None:
            self._always[stage] = deed
        else:
            self._deeds[stage] += [deed] * times

    def behave(self) -> None:
        self._deeds.clear()
        self._always.clear()

    def _deed(self, stage: str, usual: str) -> Deed:
        queue = self._deeds[stage]
        return queue.pop(0) if queue else self._always.get(stage, usual)

    def _told(self, stage: str) -> Deed | None:
        """What is to be done next at a stage, if anything was said about it."""
        return self._deeds[stage][0] if self._deeds[stage] else self._always.get(stage)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, _Ends):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def _say(self, stage: str, usual: str, writer: asyncio.StreamWriter) -> str:
        """Does what is to be done; returns the answer that was given."""
        deed = self._deed(stage, usual)
        await asyncio.sleep(self.slowly)
        if isinstance(deed, str):
            writer.write(deed.encode() + b"\r\n")
            await writer.drain()
            return deed
        match deed:
            case bytes():
                writer.write(deed)
                await writer.drain()
                return "bytes"
            case Odd("never answers"):
                await asyncio.sleep(3600)
            case Odd("a line without end"):
                writer.write(b"250")
                while True:
                    writer.write(b"-" * 65536)
                    await writer.drain()
                    await asyncio.sleep(0.001)
            case Odd("a byte a moment, never to the end"):
                while True:
                    writer.write(b"2")
                    await writer.drain()
                    await asyncio.sleep(0.05)
            case Odd("bytes that are no SMTP"):
                writer.write(b"\x16\x03\x01\xff\x00<html>maya@school.example\r\n")
                await writer.drain()
                return "junk"
            case Odd("resets the connection"):
                writer.transport.abort()
        raise _Ends

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender, recipients, secure = "", [], self.implicit is not None
        await self._say("greeting", "220 mail.test ESMTP", writer)
        while line := await reader.readline():
            text = line.decode(errors="replace").strip()
            verb = text.split(" ")[0].upper()
            match verb:
                case "EHLO" | "HELO":
                    offers = ["mail.test", *(["SMTPUTF8"] if self.utf8 else []), "8BITMIME"]
                    offers += ["STARTTLS"] if self.starttls and not secure else []
                    offers += ["AUTH PLAIN LOGIN"] if self.credentials and secure else []
                    lines = [f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]
                    await self._say("ehlo", "\r\n".join(lines), writer)
                case "STARTTLS":
                    said = await self._say("starttls", "220 go ahead", writer)
                    if said.startswith("220") and self.starttls:
                        await writer.start_tls(self.starttls)
                        secure = True
                case "AUTH":
                    import base64

                    user, password = self.credentials or ("", "")
                    plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
                    right = text.split(" ")[1:] == ["PLAIN", plain]
                    await self._say("auth", "235 welcome" if right else "535 5.7.8 no", writer)
                case "MAIL":
                    sender, recipients = text, []
                    await self._say("mail", "250 ok", writer)
                case "RCPT":
                    recipient = text[len("RCPT TO:") :].strip().strip("<>")
                    self.tried.append(recipient)
                    said = await self._say("rcpt", "250 ok", writer)
                    if said.startswith("250"):
                        recipients.append(recipient)
                case "DATA":
                    said = await self._say("data", "354 go ahead", writer)
                    if said.startswith("354"):
                        await self._body(sender, tuple(recipients), reader, writer)
                case "RSET":
                    await self._say("rset", "250 ok", writer)
                case "QUIT":
                    await self._say("quit", "221 bye", writer)
                    return
                case _:
                    await self._say("other", "502 what?", writer)

    async def _body(
        self,
        sender: str,
        recipients: tuple[str, ...],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        raw = b""
        while (line := await reader.readline()) not in (b".\r\n", b""):
            if not raw and self._told("body"):
                await self._say("body", "", writer)
            raw += line[1:] if line.startswith(b"..") else line
        if not line:
            raise _Ends
        taken = Taken(sender, recipients, raw)
        deed = self._told("dot")
        if deed in (None, TAKE_AND_HANG_UP) or str(deed).startswith("250"):
            self.taken.append(taken)
            self.when_taken(taken)
        await asyncio.sleep(self.slow)
        await self._say("dot", "250 2.0.0 queued", writer)


class _Ends(Exception):
    """The conversation is over."""


@asynccontextmanager
async def mail_server(**told: object) -> AsyncIterator[MailServer]:
    """Listens on loopback until the end."""
    server = MailServer(**told)  # type: ignore[arg-type]
    tasks: set[asyncio.Task[None]] = set()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(server.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    listening = await asyncio.start_server(accepted, "127.0.0.1", 0, ssl=server.implicit)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def told(server: MailServer, **settings: object) -> MailSettings:
    """Settings by which mail goes there."""
    usual: dict[str, object] = {
        "secrets_dir": Path("/nonexistent"), "smtp_host": "localhost", "smtp_port": server.port,
        "smtp_security": "none", "smtp_timeout": 1.0, "mail_from": "chalkline@district.example",
        "public_url": "https://chalkline.district.example",
    }  # fmt: skip
    return MailSettings.model_validate(usual | settings)


def authority(folder: Path, name: str = "localhost") -> tuple[Path, ssl.SSLContext]:
    """(certificates to trust, the context of a server of that name): an authority of this test's own."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test's authority")])

    def certificate(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject).issuer_name(root_name).public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        )  # fmt: skip

    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, data_encipherment=False,
        key_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    own_id = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())
    root = (
        certificate(root_name, root_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True).add_extension(own_id, critical=False)
        .sign(root_key, hashes.SHA256())
    )  # fmt: skip
    names: list[x509.GeneralName] = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.2"))]
    leaf = (
        certificate(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key.public_key())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own_id), critical=False
        )
        .sign(root_key, hashes.SHA256())
    )  # fmt: skip
    trusted, chain = folder / "authority.pem", folder / "server.pem"
    pem = serialization.Encoding.PEM
    trusted.write_bytes(root.public_bytes(pem))
    chain.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + leaf.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return trusted, context
