"""What compose is told, made to work outside of a container."""

from pathlib import Path


def at_home(nats: Path) -> Path:
    """The broker's configuration from the first start, with its files where that start put them."""
    configuration = nats / "nats.conf"
    configuration.write_text(configuration.read_text().replace("/etc/chalkline", str(nats)))
    return configuration
