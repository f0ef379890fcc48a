"""Where a local platform keeps everything it has: one folder that git ignores.

.chalkline/
  ports.json      the port of each part, remembered once chosen
  personas.json   {name: {id, tenant, role}}, written by whoever seeds the platform
  jwks.json       the public keys of the local development issuer
  secrets/        passwords, seeds and keys; readable by the owner only
  run/            process ids, the supervisor's lock, what the supervisor knows (platform.json)
  logs/           a file for each process
  postgres/       data and socket (a link elsewhere when root starts it, see `postgres.ground`)
  nats/           generated configuration and the streams
  mail/           the mails that were caught, a file each
"""

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalkline.problem import Problem

SERVICES = ("directory", "goals", "observations", "notifications")
SERVERS = ("postgres", "nats", "mail")


@dataclass(frozen=True, slots=True)
class State:
    """The state folder of one platform; nothing is created before `make()`."""

    home: Path

    @classmethod
    def at(cls, home: Path | None = None) -> "State":
        """The folder given, else CHALKLINE_HOME, else `.chalkline` in the working directory."""
        return cls((home or Path(os.environ.get("CHALKLINE_HOME") or ".chalkline")).expanduser().absolute())

    @property
    def exists(self) -> bool:
        return self.run.is_dir()

    @property
    def ports(self) -> Path:
        return self.home / "ports.json"

    @property
    def personas(self) -> Path:
        return self.home / "personas.json"

    @property
    def jwks(self) -> Path:
        return self.home / "jwks.json"

    @property
    def secrets(self) -> Path:
        return self.home / "secrets"

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def platform(self) -> Path:
        return self.run / "platform.json"

    @property
    def scale(self) -> Path:
        """How many processes of its services a running supervisor is asked to keep."""
        return self.run / "scale.json"

    @property
    def lock(self) -> Path:
        return self.run / "supervisor.lock"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def postgres(self) -> Path:
        return self.home / "postgres"

    @property
    def nats(self) -> Path:
        return self.home / "nats"

    @property
    def mail(self) -> Path:
        return self.home / "mail"

    def log(self, part: str) -> Path:
        return self.logs / f"{part}.log"

    def pid(self, part: str) -> Path:
        return self.run / f"{part}.pid"

    def make(self) -> None:
        try:
            self.home.parent.mkdir(parents=True, exist_ok=True)
            # Streams and logs are as private as secrets are.
            for folder in (self.home, self.run, self.logs, self.nats, self.mail, self.secrets):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise Problem(
                f"the state folder {self.home} cannot be written: {error.strerror}",
                "choose another with --home or CHALKLINE_HOME",
            ) from error


def read_json(path: Path) -> Any:
    """The file's content, or None where there is none."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise Problem(f"{path} is not JSON: {error}", "mend it, or delete it to have it made anew") from error


def write_json(path: Path, content: Any) -> None:
    """Whole or not at all: a reader never sees half a file."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
    Path(name).chmod(0o644)
    Path(name).replace(path)
