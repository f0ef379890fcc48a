"""The kind of aggregate by which every service tells of operators' acts; decided about one is in `operation.py`."""

from chalkline_contracts.event import catalogue

from backbone import operation
from backbone.deciding import Aggregate, Asking, Look
from backbone.operation import (
    BeginExport,
    BeginOperation,
    Begun,
    Ended,
    EndExport,
    EndOperation,
    Operation,
    OperationCommand,
    OperationFacts,
    Unbegun,
)


async def gather(asking: Asking, state: Operation, command: OperationCommand | Look) -> OperationFacts:  # noqa: ARG001 - gatherers share a shape
    return OperationFacts(asking.by, asking.command_id, asking.aggregate_id)


def operation_of(service: str) -> Aggregate[Operation]:
    """A service's aggregate of operators' acts."""
    acted = catalogue[service, "OperatorActed"]
    return Aggregate(
        name="Operation",
        collection="operations",
        initial=Unbegun(),
        states=(Unbegun, Begun, Ended),
        events=(acted,),
        begins=(BeginExport,),
        commands=(EndExport,),
        internal=(BeginOperation, EndOperation),
        decide=operation.decide_by(acted),
        evolve=operation.evolve_by(acted),
        facts=gather,
        authorise=operation.authorise,
    )
