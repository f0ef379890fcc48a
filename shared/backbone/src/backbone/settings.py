"""What a service is told by its surroundings: environment for what may be seen, files for what may not."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import BeforeValidator, Field, FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Role = Literal["door", "relay", "projector"]
ROLES: tuple[Role, ...] = ("door", "relay", "projector")


def _comma_separated(value: object) -> object:
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


class Settings(BaseSettings):
    """Environment `CHALKLINE_*`; secrets are files in `CHALKLINE_SECRETS_DIR`, one value each.

    `database_password`, `owner_password`, `nats_seed` (an nkey seed) and `chain_key` (64 hex characters).
    Only one-shot jobs (migrate, rebuild, recover) need `owner_password`.
    """

    model_config = SettingsConfigDict(env_prefix="CHALKLINE_", extra="ignore", frozen=True)

    secrets_dir: Path = Path("/run/secrets")
    database_url: str
    """postgresql://<app role>@host:port/<database>, without a password."""
    owner_database_url: str | None = None
    nats_url: str
    """nats://host:port, or tls://host:port for a server that encrypts."""
    nats_ca: FilePath | None = None
    """A file with the certificates that vouch for the server at tls://; those of this machine unless given."""
    issuer: str
    audience: str = "chalkline"
    jwks: str
    """A file's path or an http(s) URL."""
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = 8000
    roles: Annotated[tuple[Role, ...], NoDecode, BeforeValidator(_comma_separated)] = ROLES
    replica: str = ""
    """What this process is called among those of its service by whoever starts it again when it dies: the next one
    of that name takes its partitions over at once. Without one, they are free when its lease has ended."""
    rate_limit: Annotated[float, Field(ge=0)] = 200.0
    """How many requests a second each district may have answered while others ask too, in this process; 0: any number.
    A line of a bulk request is one."""
    at_once: Annotated[int, Field(ge=1)] = 3
    """How many of a district's requests are worked at, at the same time, while others ask too; fewer than the
    connections to the database."""
    log_level: str = "info"
    log_format: Literal["json", "console"] = "json"
    stream_replicas: Annotated[int, Field(ge=1, le=5)] = 1
    chain_key: SecretStr = SecretStr("")
    nats_seed: SecretStr = SecretStr("")
    operator_token: SecretStr = SecretStr("")
    """Of whoever runs a one-shot job that changes something; no argument, which every process list would show."""
    operator_token_file: Path | None = None
    """Where it lies, instead."""

    @model_validator(mode="before")
    @classmethod
    def _read_secrets(cls, values: dict[str, object]) -> dict[str, object]:
        folder = Path(str(values.get("secrets_dir", "/run/secrets")))
        for name in ("chain_key", "nats_seed"):
            if name not in values and (folder / name).is_file():
                values[name] = (folder / name).read_text().strip()
        return values

    @model_validator(mode="after")
    def _chain_key_is_a_key(self) -> Self:
        key = self.chain_key.get_secret_value()
        if len(key) != 64 or not all(c in "0123456789abcdef" for c in key):
            raise ValueError(f"{self.secrets_dir}/chain_key must hold 64 hexadecimal characters")
        return self

    @model_validator(mode="after")
    def _an_authority_vouches_for_somebody(self) -> Self:
        if self.nats_ca is not None and not self.nats_url.startswith("tls://"):
            raise ValueError("CHALKLINE_NATS_CA is set, so CHALKLINE_NATS_URL must begin with tls://")
        return self

    @property
    def chain(self) -> bytes:
        return bytes.fromhex(self.chain_key.get_secret_value())

    def app_dsn(self) -> str:
        return self._with_password(self.database_url, "database_password")

    def owner_dsn(self) -> str:
        """Raises SystemExit where no owner is configured: only one-shot jobs may call this."""
        if self.owner_database_url is None:
            raise SystemExit("CHALKLINE_OWNER_DATABASE_URL is not set; this job needs the database's owner")
        return self._with_password(self.owner_database_url, "owner_password")

    def _with_password(self, url: str, secret: str) -> str:
        file = self.secrets_dir / secret
        if not file.is_file():
            return url
        parts = urlsplit(url)
        user = f"{parts.username}:{quote(file.read_text().strip(), safe='')}"
        where = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
        return urlunsplit((parts.scheme, f"{user}@{where}", parts.path, parts.query, ""))


def role_of(url: str) -> str:
    """The role a database URL names; `goals` of postgresql://goals@host/goals."""
    role = urlsplit(url).username
    if role is None:
        raise SystemExit("CHALKLINE_DATABASE_URL names no role")
    return role
