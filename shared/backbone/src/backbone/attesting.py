"""The kind of aggregate by which every service attests erasures; what is decided about one is in `erasure.py`."""

from chalkline_contracts.event import catalogue

from backbone import erasure
from backbone.deciding import Aggregate, Asking, Look
from backbone.erasure import Attested, AttestErasure, Erasure, ErasureFacts, Unattested


async def gather(asking: Asking, state: Erasure, command: AttestErasure | Look) -> ErasureFacts:  # noqa: ARG001 - gatherers share a shape
    return ErasureFacts(asking.by, asking.command_id, asking.aggregate_id)


def erasure_of(service: str) -> Aggregate[Erasure]:
    """A service's aggregate of erasures, in whose log they are attested."""
    attested = catalogue[service, "ContentErased"]
    return Aggregate(
        name="Erasure",
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
    )
