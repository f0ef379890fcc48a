"""What observations is made of."""

from backbone.service import Service

from observations.aggregates import AGGREGATES

SERVICE = Service(name="observations", reads=("directory", "goals"), aggregates=AGGREGATES)
