"""What directory is made of."""

from backbone.service import Service

from directory import org_list, people_list
from directory.aggregates import AGGREGATES
from directory.contact import CONTACT
from directory.roster import routes as roster

SERVICE = Service(
    name="directory",
    aggregates=AGGREGATES,
    answers=(CONTACT,),
    projections=(people_list.PEOPLE_LIST, org_list.ORG_LIST),
    routes=lambda run: [people_list.routes(run), org_list.routes(run), roster.routes(run)],
)
