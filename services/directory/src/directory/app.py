"""What directory is made of."""

from backbone.service import Service

from directory import org_list, people_list
from directory.aggregates import AGGREGATES

SERVICE = Service(
    name="directory",
    aggregates=AGGREGATES,
    projections=(people_list.PEOPLE_LIST, org_list.ORG_LIST),
    routes=lambda run: [people_list.routes(run), org_list.routes(run)],
)
