"""The list of models of coaching that a district may follow: its own, and those that come with the product.

Rebuildable: drop the table, replay the log, and the same rows come back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from backbone.application import Reader
from backbone.deciding import Unseen
from backbone.folding import Row, folded, in_columns
from backbone.lists import DESCRIBED, Lists, Page, Told, router_of
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.service import Running
from backbone.yielding import in_turn
from chalkline_contracts.goals import ModelTemplatePublished, ModelTemplateRetired
from fastapi import APIRouter, Query, Request, Response

from goals.product_models import PRODUCT

sql = Queries("goals", "sql/queries")

OF_THE_PRODUCT = (
    [known.template for known in PRODUCT.values()],
    [",".join(known.phases) for known in PRODUCT.values()],
    [known.cadence_days for known in PRODUCT.values()],
    [known.planned_weeks for known in PRODUCT.values()],
)


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.templates_known, key="template_id", change=change)
    await db.execute(
        sql.list_templates,
        *in_columns(
            rows, "tenant", "template_id", "template", "phases", "cadence_days", "planned_weeks", "status",
            "published_at", "position", "began",
        ),
    )  # fmt: skip


def change(_: Row | None, recorded: Recorded[Any]) -> Row:
    match recorded.event:
        case ModelTemplatePublished() as event:
            return {
                "template": event.template,
                "phases": event.phases,
                "cadence_days": event.cadence_days,
                "planned_weeks": event.planned_weeks,
                "status": "published",
                "published_at": recorded.occurred_at,
            }
        case _:
            return {"status": "retired"}


class ListedTemplate(Told):
    """A version of a model of coaching."""

    template_id: UUID | None
    """Named when a partnership or cycle is to follow it; null: it comes with the product, its name is enough."""
    template: str
    """Its name and version, such as "impact-cycle@1"."""
    phases: list[str]
    cadence_days: int
    planned_weeks: int
    status: Literal["published", "retired"]
    published_at: datetime | None
    """Null: it comes with the product."""


def routes(run: Running) -> APIRouter:
    router, lists = router_of("ModelTemplate"), Lists(run)

    @router.get("/v1/model-templates", summary="The models the district may follow", **DESCRIBED)
    async def model_templates(
        request: Request, response: Response, by: Reader, page: Annotated[Page, Query()]
    ) -> list[ListedTemplate]:
        """The district's own, newest first, then those of the product. For everyone who works in the district,
        and its operators.
        """
        if by.kind == "person":
            lists.must_be_level(by)
        if not await lists.belongs(by):
            raise Unseen
        rows = await lists.page(request, response, by, page, sql.templates_of_district, *OF_THE_PRODUCT)
        return [_told(row) async for row in in_turn(rows)]

    return router


def _told(row: Any) -> ListedTemplate:
    told = {name: row[name] for name in ListedTemplate.model_fields if name in row}
    return ListedTemplate(
        **told, template_id=row["id"], published_at=row["at"] if row["id"] is not None else None
    )


TEMPLATE_LIST = Projection(
    name="template_list", handles=(ModelTemplatePublished, ModelTemplateRetired), project=project
)
