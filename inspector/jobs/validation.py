"""Checking parameters that somebody typed: what is wrong, and what would fit."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, get_type_hints

import msgspec

from inspector.errors import InspectorError


def parameter_names(kind: type[msgspec.Struct], prefix: str) -> list[str]:
    """Dotted names of a group's parameters."""
    return [prefix + name.name for name in msgspec.structs.fields(kind)]


def validate(values: dict[str, Any], kind: type[Any], prefix: str) -> Any:
    """A parameter struct of these values, defaults for the others.

    Args:
        values: By plain name.
        kind: The struct.
        prefix: Before the names as people type them: "", "alignment." or "METHOD.".

    Raises:
        InspectorError: A name is unknown or a value does not fit; the hint says what does.
    """
    hints = get_type_hints(kind, include_extras=True)
    for name, value in values.items():
        if name not in hints:
            raise _unknown(name, kind, prefix)
        try:
            msgspec.convert(value, hints[name])
        except msgspec.ValidationError as error:
            raise InspectorError(
                f"{prefix}{name} cannot be {value!r}.",
                f"It takes {fitting(msgspec.inspect.type_info(hints[name]))}.",
            ) from error
    return msgspec.convert(values, kind)


def fitting(kind: msgspec.inspect.Type) -> str:
    """What a type takes, in words: "a whole number, at least 1", "one of a, b, c"."""
    match kind:
        case msgspec.inspect.Metadata():
            return fitting(kind.type)
        case msgspec.inspect.BoolType():
            return "true or false"
        case msgspec.inspect.LiteralType():
            return f"one of {', '.join(map(str, kind.values))}"
        case msgspec.inspect.IntType():
            return f"a whole number{_bounds(kind)}"
        case msgspec.inspect.FloatType():
            return f"a number{_bounds(kind)}"
        case _:
            return "a text"


def _bounds(kind: msgspec.inspect.IntType | msgspec.inspect.FloatType) -> str:
    bounds = (
        ("at least", kind.ge),
        ("above", kind.gt),
        ("at most", kind.le),
        ("below", kind.lt),
        ("a multiple of", kind.multiple_of),
    )
    said = [f"{word} {value:.10g}" for word, value in bounds if value is not None]
    return f", {', '.join(said)}" if said else ""


def _unknown(name: str, kind: type[Any], prefix: str) -> InspectorError:
    known = parameter_names(kind, prefix)
    close = get_close_matches(prefix + name, known, 1)
    meant = f"Did you mean {close[0]}? " if close else ""
    return InspectorError(
        f"There is no parameter '{prefix}{name}'.", f"{meant}Parameters here: {', '.join(known)}."
    )
