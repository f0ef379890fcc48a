"""What directory is made of."""

from backbone.service import Service

from directory.aggregates import AGGREGATES

SERVICE = Service(name="directory", aggregates=AGGREGATES)
