"""The list of the observations that others let somebody see."""

from typing import Final

from backbone import opened
from backbone.queries import Queries

sql = Queries("observations", "sql/queries")

routes: Final = opened.routes_of(sql.opened_to_person)
