"""Handing mails to the mail server, and telling what became of each by a code.

What a server answers may quote an address, so its words are neither kept nor told: of an answer only its number
is. A connection is made when it is needed, carries many mails, and is given up at the first doubt.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from notifications.address import Address
from notifications.settings import MailSettings

CLOSING, AUTHENTICATE_FIRST = 421, 530


class NotTaken(Exception):
    """The server did not take a mail. `code` is stable: smtp_451, hung_up, timed_out, nonsense, …"""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ServerTrouble(NotTaken):
    """No mail can be handed over at all; this one was not the reason, and may go later."""


class TryLater(NotTaken):
    """This mail was not taken now."""


class Refused(NotTaken):
    """This mail will never be taken."""


class Post:
    """One connection to the mail server."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self._sender = settings.sender
        self._smtp: SMTP | None = None
        self._used = False

    async def send(self, recipient: Address, mail: bytes) -> None:
        """Returns once the server has said that it took the mail. Raises ServerTrouble, TryLater or Refused."""
        if self._smtp is not None and self._used and not await self._fresh():
            self._drop()
        smtp = self._smtp = self._smtp or await self._connected()
        self._used = True
        if recipient.international and not smtp.supports_extension("smtputf8"):
            raise Refused("smtputf8_missing") from None
        try:
            await self._hand_over(smtp, recipient, mail)
        except SMTPResponseException as error:
            if error.code == CLOSING or not 400 <= error.code < 600:
                self._drop()
            raise _said(error.code) from None
        except (TimeoutError, SMTPTimeoutError):
            self._drop()
            raise TryLater("timed_out") from None
        except (OSError, SMTPException, ValueError):
            self._drop()
            raise TryLater("hung_up") from None
        except BaseException:
            self._drop()
            raise

    async def close(self) -> None:
        """Says goodbye, if anybody listens."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(SMTPException, OSError):
                await smtp.quit(timeout=min(2.0, self._settings.smtp_timeout))
            smtp.close()

    async def _hand_over(self, smtp: SMTP, recipient: Address, mail: bytes) -> None:
        options = ["SMTPUTF8"] if recipient.international else []
        await smtp.mail(str(self._sender), options=options, encoding="utf-8")
        await smtp.rcpt(str(recipient), encoding="utf-8")
        await smtp.data(mail, timeout=2 * self._settings.smtp_timeout)

    async def _fresh(self) -> bool:
        """Whether the connection is there still, ready for another mail."""
        assert self._smtp is not None
        try:
            await self._smtp.rset()
        except (OSError, SMTPException):
            return False
        return True

    async def _connected(self) -> SMTP:
        told = self._settings
        smtp = SMTP(
            hostname=told.smtp_host,
            port=told.port,
            username=told.smtp_username.get_secret_value() or None,
            password=told.smtp_password.get_secret_value() or None,
            local_hostname=self._sender.domain,
            timeout=told.smtp_timeout,
            use_tls=told.smtp_security == "tls",
            start_tls=told.smtp_security == "starttls",
            tls_context=told.tls() if told.smtp_security != "none" else None,
        )
        try:
            async with asyncio.timeout(4 * told.smtp_timeout):
                await smtp.connect()
                if not smtp.last_ehlo_response:
                    await smtp.ehlo()
        except BaseException as error:
            smtp.close()
            if not isinstance(error, OSError | SMTPException | ValueError):
                raise
            raise ServerTrouble(_trouble(error)) from None
        self._used = False
        return smtp

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


class Line:
    """The few connections that a round's mails share."""

    def __init__(self, settings: MailSettings) -> None:
        self.troubled = False
        self._posts = [Post(settings) for _ in range(settings.smtp_connections)]
        self._free: asyncio.LifoQueue[Post] = asyncio.LifoQueue()
        for post in self._posts:
            self._free.put_nowait(post)

    @asynccontextmanager
    async def post(self) -> AsyncIterator[Post]:
        """The one used last of those that are free, so that few mails make few connections."""
        post = await self._free.get()
        try:
            yield post
        finally:
            self._free.put_nowait(post)

    async def close(self) -> None:
        await asyncio.gather(*(post.close() for post in self._posts))


def _said(code: int) -> NotTaken:
    if code == AUTHENTICATE_FIRST:
        return ServerTrouble("smtp_530")
    if 500 <= code < 600:
        return Refused(f"smtp_{code}")
    return TryLater(f"smtp_{code}" if 400 <= code < 500 else "nonsense")


def _trouble(error: BaseException) -> str:
    """Why there is no connection, or none that may be used."""
    match error:
        case SMTPAuthenticationError():
            return "login_refused"
        case SMTPResponseException():
            return f"smtp_{error.code}" if 400 <= error.code < 600 else "nonsense"
        case _ if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
            return "tls_failed"
        case TimeoutError():
            return "timed_out"
        case _ if isinstance(error, SMTPServerDisconnected) or isinstance(
            error.__cause__, SMTPServerDisconnected
        ):
            return "hung_up"
        case SMTPConnectError() | OSError():
            return "unreachable"
        case _:
            return "unsupported"  # no STARTTLS, no AUTH that we know
