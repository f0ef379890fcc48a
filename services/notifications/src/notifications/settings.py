"""What the mailer is told by its surroundings: environment for what may be seen, files for what may not."""

import ssl
from datetime import time
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from notifications.address import Address, Unusable, address_of

Security = Literal["starttls", "tls", "none"]
PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 25}


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if not url:
        return url
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an http(s) URL")
    return url.rstrip("/")


class MailSettings(BaseSettings):
    """Environment `CHALKLINE_*`; `smtp_username` and `smtp_password` are files in `CHALKLINE_SECRETS_DIR`.

    With `smtp_host` go `mail_from` and `public_url`; without it no mail is sent, and everything is in the inbox.
    """

    model_config = SettingsConfigDict(
        env_prefix="CHALKLINE_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    secrets_dir: Path = Path("/run/secrets")
    smtp_host: str = ""
    smtp_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """587, 465 or 25 unless given, as the security has it."""
    smtp_security: Security = "starttls"
    """`starttls` and `tls` verify the server's certificate; `none` is for a server on the same machine or network."""
    smtp_ca: Path | None = None
    """Certificates to trust instead of the system's, in PEM."""
    smtp_timeout: Annotated[float, Field(gt=0, le=120)] = 30.0
    """Seconds that any answer of the server may take; twice as long where it takes the mail itself."""
    smtp_connections: Annotated[int, Field(ge=1, le=32)] = 4
    smtp_username: SecretStr = SecretStr("")
    smtp_password: SecretStr = SecretStr("")
    mail_from: str = ""
    """The address that mail comes from, such as chalkline@district.example."""
    mail_digest_at: time = time(7)
    """When the daily digest is sent, by the school's clock."""
    public_url: Annotated[str, AfterValidator(_web_address)] = ""
    """What links in mails begin with: where people reach goals, such as https://chalkline.district.example."""

    @field_validator("smtp_host", "mail_from")
    @classmethod
    def _trimmed(cls, value: str) -> str:
        return value.strip()

    @model_validator(mode="before")
    @classmethod
    def _read_secrets(cls, values: dict[str, object]) -> dict[str, object]:
        folder = Path(str(values.get("secrets_dir", "/run/secrets")))
        for name in ("smtp_username", "smtp_password"):
            values.pop(name, None)  # a password in the environment is one that any process listing shows
            if (folder / name).is_file():
                values[name] = SecretStr((folder / name).read_text().strip())
        return values

    @model_validator(mode="after")
    def _can_send(self) -> Self:
        if not self.smtp_host:
            return self
        try:
            usable = not self.sender.international
        except Unusable:
            usable = False
        if not usable:
            raise ValueError("CHALKLINE_MAIL_FROM must be the address that mail comes from, in ASCII")
        if not self.public_url:
            raise ValueError("CHALKLINE_PUBLIC_URL must be what links in mails begin with")
        if bool(self.smtp_username.get_secret_value()) != bool(self.smtp_password.get_secret_value()):
            raise ValueError(f"{self.secrets_dir} must hold both smtp_username and smtp_password, or neither")
        if self.smtp_username.get_secret_value() and self.smtp_security == "none":
            raise ValueError("CHALKLINE_SMTP_SECURITY=none would send the password in the clear")
        if self.smtp_security != "none":
            self.tls()
        return self

    @property
    def on(self) -> bool:
        return bool(self.smtp_host)

    @property
    def sender(self) -> Address:
        """Raises Unusable."""
        return address_of(self.mail_from)

    @property
    def port(self) -> int:
        return self.smtp_port or PORTS[self.smtp_security]

    def tls(self) -> ssl.SSLContext:
        """A context that verifies the server. Raises ValueError where the certificates cannot be read."""
        try:
            return ssl.create_default_context(cafile=str(self.smtp_ca) if self.smtp_ca else None)
        except (OSError, ssl.SSLError):
            raise ValueError(f"CHALKLINE_SMTP_CA: no certificates can be read from {self.smtp_ca}") from None


def mail_settings(secrets_dir: Path) -> MailSettings:
    """From the environment. Raises SystemExit with what is wrong, one line each."""
    try:
        return MailSettings(secrets_dir=secrets_dir)
    except ValidationError as error:
        told = [
            ": ".join([*(f"CHALKLINE_{part}".upper() for part in e["loc"][:1]), _said(e["msg"])])
            for e in error.errors()
        ]
        raise SystemExit("\n".join(["notifications cannot send mail:", *told])) from None


def _said(message: str) -> str:
    """What is wrong, without pydantic's word for it."""
    return message.removeprefix("Value error, ")
