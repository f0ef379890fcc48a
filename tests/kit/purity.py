"""What a module of decisions may do: everything it says is an argument's doing."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]

ALLOWED = frozenset(
    {
        "__future__", "bisect", "collections", "collections.abc", "dataclasses", "datetime", "decimal", "enum",
        "fractions", "functools", "itertools", "math", "re", "statistics", "struct", "types", "typing", "uuid",
        "zoneinfo", "pydantic", "backbone.content_read", "backbone.deciding", "backbone.packed",
        "backbone.sharing", "backbone.words",
    }
)  # fmt: skip
ASKS_THE_WORLD = frozenset({"now", "utcnow", "today", "uuid1", "uuid4", "uuid7", "open", "input", "getenv"})


def impurities(service: str, source: str) -> list[str]:
    """What in a module's text is not pure: an import that is not on the list, a call that asks the world."""
    found = []
    tree = ast.parse(source)
    for node in _reached(tree):
        match node:
            case ast.Import(names=names):
                imported = [alias.name for alias in names]
            case ast.ImportFrom(module=str() as module):
                imported = [module]
            case ast.Call(func=ast.Attribute(attr=name)) | ast.Call(func=ast.Name(id=name)):
                if name in ASKS_THE_WORLD:
                    found.append(f"{name}() in line {node.lineno}")
                continue
            case ast.AsyncFunctionDef(name=name) | ast.Global(names=[name, *_]):
                found.append(f"{name} in line {node.lineno}")
                continue
            case _:
                continue
        found += [
            f"import {name}"
            for name in imported
            if name not in ALLOWED and not name.startswith(("chalkline_contracts", service))
        ]
    return found


def _reached(tree: ast.Module) -> list[ast.AST]:
    """All but what only a type checker reads."""
    nodes: list[ast.AST] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        nodes.append(node)
        waiting += ast.iter_child_nodes(node)
    return nodes
