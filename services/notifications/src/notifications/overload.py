"""Whether a coach has more teachers than the district's policy says, and has only now come to."""

from collections.abc import Iterable
from uuid import UUID


def overloads(coached: Iterable[tuple[UUID, UUID]], joining: UUID, limit: int | None) -> bool:
    """Whether what is `joining` a caseload brings it beyond its limit.

    `coached` is each teacher with what they are coached in, `joining` among these. Another cycle with a teacher
    whom the coach has anyway is no more load.
    """
    found = list(coached)
    everybody = {teacher for teacher, _ in found}
    before = {teacher for teacher, within in found if within != joining}
    return limit is not None and len(everybody) > max(limit, len(before))
