"""A method's parameters as a list of fields: what a form needs to show, read and check them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_type_hints

import msgspec

from inspector.jobs.catalogue import Method, Parameters, TrainingParameters
from inspector.jobs.parameters import AlignmentParameters, CommonParameters

COMMON, ALIGNMENT, METHOD = "common", "alignment", "method"


@dataclass(frozen=True, slots=True)
class ParameterField:
    """One parameter.

    Attributes:
        name: Dotted, as `resolve_parameters` takes it: "image_size", "alignment.folds".
        group: "common", "alignment" or "method".
        title: In words, made from the name.
        description: One sentence.
        kind: "int", "float", "bool", "str" or "choice".
        choices: What a "choice" can be.
        ge, gt, le, lt, multiple_of: Bounds; None where there is none.
        hint: Type with its bounds, by which msgspec checks a value.
    """

    name: str
    group: str
    title: str
    description: str
    kind: str
    choices: tuple[str, ...]
    ge: float | None
    gt: float | None
    le: float | None
    lt: float | None
    multiple_of: float | None
    hint: Any

    def parse(self, text: str) -> Any:
        """The value that a text means.

        Raises:
            ValueError: It is none, or it is out of bounds.
        """
        if self.kind == "bool":
            return text == "true"
        if self.kind == "int":
            value: Any = int(text)
        elif self.kind == "float":
            value = float(text)
        else:
            value = text
        try:
            return msgspec.convert(value, self.hint)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from error

    def text_of(self, value: Any) -> str:
        """The shortest text that `parse` reads as this value."""
        if self.kind == "bool":
            return "true" if value else "false"
        return f"{value:.10g}" if self.kind == "float" else str(value)


def fields_of(method: Method) -> tuple[ParameterField, ...]:
    """All parameters of a method: its own first, then the alignment's, then the common ones."""
    return (
        *_fields(method.parameters, METHOD, f"{method.name}."),
        *_fields(AlignmentParameters, ALIGNMENT, "alignment."),
        *_fields(CommonParameters, COMMON, ""),
    )


def values_of(method: Method, parameters: TrainingParameters) -> Parameters:
    """Every parameter's value by its dotted name."""
    groups = (
        ("", parameters.common),
        ("alignment.", parameters.alignment),
        (f"{method.name}.", parameters.method),
    )
    return {
        prefix + name: value
        for prefix, group in groups
        for name, value in msgspec.structs.asdict(group).items()
    }


def _fields(kind: type[msgspec.Struct], group: str, prefix: str) -> list[ParameterField]:
    hints = get_type_hints(kind, include_extras=True)
    described = msgspec.inspect.type_info(kind)
    assert isinstance(described, msgspec.inspect.StructType)
    return [_field(field, group, prefix, hints[field.name]) for field in described.fields]


def _field(field: msgspec.inspect.Field, group: str, prefix: str, hint: Any) -> ParameterField:
    kind, description = field.type, ""
    if isinstance(kind, msgspec.inspect.Metadata):
        description = str((kind.extra_json_schema or {}).get("description", ""))
        kind = kind.type
    bounds = {name: getattr(kind, name, None) for name in ("ge", "gt", "le", "lt", "multiple_of")}
    return ParameterField(
        name=prefix + field.name,
        group=group,
        title=field.name.replace("_", " ").capitalize(),
        description=description,
        kind=_kind(kind),
        choices=tuple(map(str, getattr(kind, "values", ()))),
        hint=hint,
        **bounds,
    )


def _kind(kind: msgspec.inspect.Type) -> str:
    match kind:
        case msgspec.inspect.IntType():
            return "int"
        case msgspec.inspect.FloatType():
            return "float"
        case msgspec.inspect.BoolType():
            return "bool"
        case msgspec.inspect.LiteralType():
            return "choice"
        case msgspec.inspect.StrType():
            return "str"
        case _:
            raise TypeError(f"A form has no editor for {kind}.")
