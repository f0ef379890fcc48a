"""How a service is started: its environment, its commands, where it answers."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

from chalkline import issuer
from chalkline.state import State

UNDECIDED = frozenset({"stream_ahead", "stream_differs", "log_damaged"})
"""What readiness says of a relay while a service waits for an operator: nothing but a decision helps it."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a local platform."""

    name: str
    state: State
    ports: Mapping[str, int]

    def at(self, port: int) -> "Service":
        """Another process of it, which answers on a port of its own."""
        return replace(self, ports={**self.ports, self.name: port})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports[self.name]}"

    @property
    def database_url(self) -> str:
        return f"postgresql://{self.name}@127.0.0.1:{self.ports['postgres']}/{self.name}"

    @property
    def owner_database_url(self) -> str:
        return f"postgresql://{self.name}_owner@127.0.0.1:{self.ports['postgres']}/{self.name}"

    @property
    def nats_url(self) -> str:
        return f"nats://127.0.0.1:{self.ports['nats']}"

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", self.name, *arguments]

    def settings(self) -> dict[str, str]:
        """What the service must know that is no secret; secrets are files in CHALKLINE_SECRETS_DIR."""
        return {
            **(self._mail() if self.name == "notifications" and "mail" in self.ports else {}),
            "CHALKLINE_HTTP_HOST": "127.0.0.1",
            "CHALKLINE_HTTP_PORT": str(self.ports[self.name]),
            "CHALKLINE_DATABASE_URL": self.database_url,
            "CHALKLINE_OWNER_DATABASE_URL": self.owner_database_url,
            "CHALKLINE_NATS_URL": self.nats_url,
            "CHALKLINE_ISSUER": issuer.ISSUER,
            "CHALKLINE_AUDIENCE": issuer.AUDIENCE,
            "CHALKLINE_JWKS": str(self.state.jwks),
            "CHALKLINE_LOG_FORMAT": "json",
            "CHALKLINE_SECRETS_DIR": str(self.state.secrets / self.name),
        }

    def _mail(self) -> dict[str, str]:
        """What notifications must know to send mail, which is caught on this machine."""
        return {
            "CHALKLINE_SMTP_HOST": "127.0.0.1",
            "CHALKLINE_SMTP_PORT": str(self.ports["mail"]),
            "CHALKLINE_SMTP_SECURITY": "none",
            "CHALKLINE_MAIL_FROM": "chalkline@chalkline.example",
            "CHALKLINE_PUBLIC_URL": f"http://127.0.0.1:{self.ports['goals']}",
        }

    def environment(self) -> dict[str, str]:
        """The caller's, without its own CHALKLINE_ settings, and the service's."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHALKLINE_")}
        # Compiled once, a service starts in half the time.
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)
        return {**inherited, "PYTHONUNBUFFERED": "1", **self.settings()}
