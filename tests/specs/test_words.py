"""Texts in commands are found wherever a command may have them, and nothing else is looked through."""

from importlib import import_module

import pytest
from backbone import words
from backbone.deciding import Command
from backbone.words import Words, private, words_in
from pydantic import BaseModel, Field

COMMANDS = sorted(
    {
        command
        for service in ("directory", "goals", "observations", "notifications")
        for aggregate in import_module(f"{service}.aggregates").AGGREGATES
        for command in (*aggregate.begins, *aggregate.commands, *aggregate.internal)
    },
    key=lambda command: command.__qualname__,
)


class Line(BaseModel):
    number: int
    said: Words | None = None


class Tree(BaseModel):
    said: Words
    branches: tuple["Tree", ...] = ()


class Speak(Command):
    """Words at every depth."""

    plain: str
    lines: tuple[Line, ...] = ()
    tree: Tree | None = None
    aside: Words | None = Field(default=None)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command.__name__))
def test_a_command_that_declares_words_has_a_field_that_is_looked_into(command: type[Command]) -> None:
    declared = words._declares(command.__pydantic_core_schema__)
    assert bool(words._telling(command)) == declared


def test_texts_are_found_at_every_depth() -> None:
    command = Speak.model_validate(
        {
            "plain": "none of these",
            "lines": (Line(number=1, said=private("one")), Line(number=2)),
            "tree": Tree(said=private("two"), branches=(Tree(said=private("three")),)),
            "aside": private("four"),
        }
    )
    assert [text.text for text in words_in(command)] == ["one", "two", "three", "four"]
    assert words._telling(Speak) == ("lines", "tree", "aside")
    assert words._telling(Line) == ("said",)
