"""A service's database and its three roles, with the least they need. Safe to run again and again.

The statements are declared under deploy/postgres; this runs them as a superuser, on any PostgreSQL.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from chalkline import credentials
from chalkline.declared import declared


@dataclass(frozen=True, slots=True)
class Database:
    """How a service reaches its database."""

    url: str
    """As the application's role, without a password."""
    owner_url: str
    secrets: Path
    password: str = field(repr=False)
    owner_password: str = field(repr=False)

    @property
    def full_url(self) -> str:
        return _with_password(self.url, self.password)

    @property
    def full_owner_url(self) -> str:
        return _with_password(self.owner_url, self.owner_password)


async def provision(superuser_url: str, service: str, secrets: Path, *, name: str | None = None) -> Database:
    """Roles, database and who may enter it.

    `secrets` is the folder of all services' secrets; what is missing in it is made. `name` is that of
    database and roles when it is not the service's, so that tests share one server.
    """
    name = name or service
    own = credentials.service_secrets(secrets, service)
    password, owner_password = ((own / f"{role}_password").read_text() for role in ("database", "owner"))
    settings = {
        "chalkline.service": name,
        "chalkline.database_password": password,
        "chalkline.owner_password": owner_password,
    }
    connection = await asyncpg.connect(superuser_url)
    try:
        await _run(connection, "roles.sql", settings)
        if create := await connection.fetchval(_read("database.sql"), name):
            await connection.execute(create)
        await _run(connection, "access.sql", settings)
    finally:
        await connection.close()
    inside = await asyncpg.connect(_at(superuser_url, database=name))
    try:
        await inside.execute(_read("schema.sql"))
    finally:
        await inside.close()
    return Database(
        url=_at(superuser_url, database=name, role=name),
        owner_url=_at(superuser_url, database=name, role=f"{name}_owner"),
        secrets=own,
        password=password,
        owner_password=owner_password,
    )


async def _run(connection: asyncpg.Connection, name: str, settings: Mapping[str, str]) -> None:
    # DO takes no parameters; settings that last as long as the transaction carry them, so that no
    # password is ever part of a statement that a log may show.
    async with connection.transaction():
        for key, value in settings.items():
            await connection.execute("SELECT set_config($1, $2, true)", key, value)
        await connection.execute(_read(name))


def _read(name: str) -> str:
    return declared("postgres", name).read_text()


def _at(url: str, *, database: str, role: str | None = None) -> str:
    """The same server, another database; another role comes without a password."""
    parts = urlsplit(url)
    where = f"{role}@{parts.netloc.rpartition('@')[2]}" if role else parts.netloc
    return urlunsplit((parts.scheme, where, f"/{database}", parts.query, ""))


def _with_password(url: str, password: str) -> str:
    parts = urlsplit(url)
    where = f"{parts.username}:{quote(password, safe='')}@{parts.netloc.rpartition('@')[2]}"
    return urlunsplit((parts.scheme, where, parts.path, parts.query, ""))
