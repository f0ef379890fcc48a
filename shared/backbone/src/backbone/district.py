"""What a district decided for itself, from the facts: its policy and its calendar.

`policy_in(await asking.fact("policy", asking.tenant))`, and the same with `calendar`; a policy's `look` gives
the same rows. A district that decided nothing has what the product has.
"""

from typing import Any

from chalkline_contracts.directory import (
    NO_CALENDAR,
    PRODUCT_POLICY,
    CalendarChanged,
    DistrictPolicyChanged,
)


def policy_in(row: Any) -> DistrictPolicyChanged:
    """The policy that a row of the fact `policy` tells, None included."""
    return PRODUCT_POLICY if row is None else DistrictPolicyChanged.model_validate_json(row["told"])


def calendar_in(row: Any) -> CalendarChanged:
    """The calendar that a row of the fact `calendar` tells, None included."""
    return NO_CALENDAR if row is None else CalendarChanged.model_validate_json(row["told"])
