"""What compose is told, made to work outside of a container."""

import importlib.util
from pathlib import Path
from types import ModuleType

SCRIPTS = Path(__file__).resolve().parents[2] / "deploy/compose"


def script(name: str) -> ModuleType:
    """A script of an image, in this process."""
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def at_home(nats: Path) -> Path:
    """The broker's configuration from the first start, with its files where that start put them."""
    configuration = nats / "nats.conf"
    configuration.write_text(configuration.read_text().replace("/etc/chalkline", str(nats)))
    return configuration
