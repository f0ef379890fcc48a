"""The kind of aggregate by which every service attests erasures, and how it does; it decides in `erasure.py`."""

from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from chalkline_contracts.event import catalogue

from backbone import chain, erasure
from backbone.commands import Order
from backbone.deciding import Actor, Aggregate, Asking, Look
from backbone.erasure import Attested, AttestErasure, Erasure, ErasureFacts, Unattested
from backbone.queries import Queries

if TYPE_CHECKING:
    from backbone.service import Running

sql = Queries("backbone", "sql/queries")

KIND: Final = "Erasure"


async def gather(asking: Asking, state: Erasure, command: AttestErasure | Look) -> ErasureFacts:  # noqa: ARG001 - gatherers share a shape
    return ErasureFacts(asking.by, asking.command_id, asking.aggregate_id)


def erasure_of(service: str) -> Aggregate[Erasure]:
    """A service's aggregate of erasures, in whose log they are attested."""
    attested = catalogue[service, "ContentErased"]
    return Aggregate(
        name=KIND,
        collection="erasures",
        initial=Unattested(),
        states=(Unattested, Attested),
        events=(attested,),
        begins=(),
        commands=(),
        internal=(AttestErasure,),
        decide=erasure.decide_by(attested),
        evolve=erasure.evolve_by(attested),
        facts=gather,
        authorise=erasure.authorise,
        view=erasure.view,
        state_schema=2,
    )


def leaving(tenant: UUID) -> UUID:
    """The id under which every service attests that all it had of a district is gone: nobody asked for that erasure."""
    return uuid5(tenant, "the district has left")


async def attest(run: "Running", tenant: UUID, erasure_id: UUID, by: str, command: AttestErasure) -> None:
    """Tells the log what was erased; said twice, it is told once. Raises StreamFault or LedgerUnavailable."""
    known = uuid5(erasure_id, f"attest, {command.n_held} held" if command.n_held else "attest")
    await run.commands.handle(
        Order(
            aggregate=run.commands.aggregates[KIND],
            aggregate_id=erasure_id,
            command=command,
            actor=Actor("system", by, tenant),
            command_id=known,
            request=chain.request_hash(run.settings.chain, known.bytes),
            correlation_id=str(erasure_id),
        )
    )
    await run.pool.execute(sql.erasure_attested, tenant, erasure_id)
