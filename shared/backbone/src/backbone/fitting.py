"""Whether a database has the shape that this code expects, asked by whoever is about to work on it.

What `migrate.py` brings about leaves its marks: a row for each migration and for the functions, and on the schema of
projections, as its comment, which tables these are; so the mark goes where the schema goes, in a swap and back.
"""

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources.abc import Traversable

import asyncpg

from backbone.queries import Queries

sql = Queries("backbone", "sql/queries")

FUNCTIONS = "functions"
"""The row of `migrations.applied` that tells which functions are in place."""

Asked = asyncpg.Pool | asyncpg.Connection


class Unfit(Exception):
    """This code cannot work on this database: another version's migrations, functions or tables are in it."""


async def misfit(db: Asked, package: str) -> str | None:
    """Why this code cannot work on a database, and what to do; None: it can."""
    return await misfit_of_log(db, package) or await misfit_of_projections(db, package)


async def misfit_of_log(db: Asked, package: str) -> str | None:
    """The same of everything but what is derived."""
    try:
        applied = {row["name"]: row["digest"] for row in await db.fetch(sql.migrations_applied)}
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError, asyncpg.InsufficientPrivilegeError):
        return f"the database was not migrated by this version: {_migrating(package)}"
    expected = {
        **{name: digest(text) for name, text in numbered(package)},
        FUNCTIONS: digest(functions_text()),
    }
    lacking = [name for name, its_digest in expected.items() if applied.get(name) != its_digest]
    return (
        f"the database lacks {', '.join(lacking)} of this version: {_migrating(package)}" if lacking else None
    )


async def misfit_of_projections(db: Asked, package: str) -> str | None:
    if await db.fetchval(sql.shape_of_projections) == digest(projections_text(package)):
        return None
    return (
        "the tables of projections are another version's:"
        f" `chalkline rebuild --service {package}` puts this version's in their place, filled, while others read;"
        f" `python -m {package} migrate` (`chalkline up` does) makes them anew, empty, to be derived by the service"
    )


async def must_fit(db: Asked, package: str) -> None:
    """Raises Unfit."""
    if reason := await misfit(db, package):
        raise Unfit(reason)


def _migrating(package: str) -> str:
    return f"`python -m {package} migrate` (`chalkline up` does) brings it to this version's shape"


@cache
def numbered(package: str) -> list[tuple[str, str]]:
    """Each migration by its name, the backbone's first."""
    return [
        (f"{owner}/{file.name}", file.read_text())
        for owner in dict.fromkeys(("backbone", package))
        for file in Queries(owner, "sql/migrations").files()
    ]


@cache
def functions_text() -> str:
    return _text(Queries("backbone", "sql/functions").files())


@cache
def projections_text(package: str) -> str:
    """The tables of a service's projections, the backbone's first."""
    folders = (Queries(name, "sql/projections") for name in dict.fromkeys(("backbone", package)))
    return _text(file for folder in folders for file in folder.files())


def _text(files: Iterable[Traversable]) -> str:
    return "\n".join(file.read_text() for file in files)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
