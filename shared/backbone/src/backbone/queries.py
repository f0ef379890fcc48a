"""SQL in files, by name: `sql = Queries("goals")`, then `sql.goal_board` is `goals/sql/goal_board.sql`."""

from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable


class Queries:
    """The named queries of a package's `sql` folder, or of a folder below it."""

    def __init__(self, package: str, folder: str = "sql") -> None:
        self._folder = files(package).joinpath(folder)

    @cached_property
    def _texts(self) -> dict[str, str]:
        return {file.name.removesuffix(".sql"): file.read_text() for file in self.files()}

    def files(self) -> list[Traversable]:
        """The folder's `.sql` files in the order of their names; none where there is no such folder."""
        if not self._folder.is_dir():
            return []
        return sorted((f for f in self._folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)

    def names(self) -> list[str]:
        return list(self._texts)

    def __contains__(self, name: str) -> bool:
        return name in self._texts

    def __getattr__(self, name: str) -> str:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._texts[name]
        except KeyError:
            raise AttributeError(f"no query {name}.sql in {self._folder}") from None
