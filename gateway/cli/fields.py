"""Options made of a model's fields, so that the command line asks for just what the API asks for."""

import inspect
import types
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import orjson
import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gateway.domain import JsonObject, JsonValue

_TIME = "2027-01-01 or 2027-01-01T09:00:00+01:00; without an offset it is UTC"
_MANY = (tuple, list, frozenset, set)


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a field is given: ``kind`` is the type of one value, or how its text is read."""

    kind: Any
    many: bool = False


_MOMENT, _PAIRS, _JSON = "moment", "pairs", "json"


def parameters(model: type[BaseModel], arguments: Collection[str] = ()) -> list[inspect.Parameter]:
    """A parameter for each field, required where the field is; those named ``arguments`` by position."""
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.is_required() else None,
            annotation=_annotation(name, field, positional=name in arguments),
        )
        for name, field in sorted(model.model_fields.items(), key=lambda each: not each[1].is_required())
    ]


def document(model: type[BaseModel], given: Mapping[str, Any]) -> JsonObject:
    """The JSON object that these options say; options that were left out are left out."""
    return {
        name: _value(f"--{name.replace('_', '-')}", _shape(field.annotation), given[name])
        for name, field in model.model_fields.items()
        if given.get(name) is not None and given[name] != []
    }


def _annotation(name: str, field: FieldInfo, *, positional: bool) -> Any:  # noqa: ANN401 - made at run time
    shape = _shape(field.annotation)
    kind: Any = shape.kind if isinstance(shape.kind, type) else str
    hint = {_MOMENT: f" E.g. {_TIME}.", _PAIRS: " NAME=VALUE, may be given again."}.get(str(shape.kind), "")
    hint = f" JSON, or @FILE with it{_example(field)}." if shape.kind == _JSON else hint
    text = f"{field.description or ''}{hint or (' May be given again.' if shape.many else '')}"
    if shape.many:
        kind = list[kind]
    if positional:
        return Annotated[kind, typer.Argument(help=text, metavar=name.upper())]
    kind = kind if field.is_required() else kind | None
    return Annotated[
        kind, typer.Option(f"--{name.replace('_', '-')}", help=text, show_default=_default(field))
    ]


def _example(field: FieldInfo) -> str:
    return f", such as {orjson.dumps(field.examples[0]).decode()}" if field.examples else ""


def _default(field: FieldInfo) -> str | bool:
    value = field.default
    plain = isinstance(value, str | int | Enum) and not isinstance(value, bool)
    text = value.value if isinstance(value, Enum) else str(value)
    return text if plain and text else False


def _shape(annotation: Any) -> _Shape:  # noqa: ANN401 - any annotation
    plain = _plain(annotation)
    origin, inner = get_origin(plain), get_args(plain)
    if origin in _MANY:
        one = _shape(inner[0])
        return _Shape(one.kind, many=True) if isinstance(one.kind, type) else _Shape(_JSON)
    if origin is dict:
        return _Shape(_PAIRS, many=True)
    if origin is Literal:
        texts = [each.value if isinstance(each, Enum) else str(each) for each in inner]
        return _Shape(Enum("Choice", {text: text for text in texts}, type=str))
    if isinstance(plain, type) and issubclass(plain, datetime):
        return _Shape(_MOMENT)
    if isinstance(plain, type) and issubclass(plain, str | int | float | bool | Enum):
        return _Shape(plain)
    return _Shape(_JSON)


def _plain(annotation: Any) -> Any:  # noqa: ANN401 - any annotation
    """Without what validates it, and without None."""
    if get_origin(annotation) is Annotated:
        marked = [each for each in get_args(annotation)[1:] if type(each).__name__ == "AwareDatetime"]
        return datetime if marked else _plain(get_args(annotation)[0])
    if getattr(annotation, "__name__", "") == "AwareDatetime":
        return datetime
    if get_origin(annotation) in {Union, types.UnionType}:
        rest = [each for each in get_args(annotation) if each is not type(None)]
        # A name, or the empty text, is a text.
        return _plain(rest[0])
    return annotation


def _value(option: str, shape: _Shape, given: Any) -> JsonValue:  # noqa: ANN401 - what typer parsed
    if shape.kind == _MOMENT:
        return _moment(option, given)
    if shape.kind == _PAIRS:
        return dict(_pair(option, each) for each in given)
    if shape.kind == _JSON:
        return _json(option, given)
    if shape.many:
        return [each.value if isinstance(each, Enum) else each for each in given]
    value: JsonValue = given.value if isinstance(given, Enum) else given
    return value


def _moment(option: str, text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a time: {_TIME}", param_hint=option) from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()


def _pair(option: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE", param_hint=option)
    return name, value


def _json(option: str, text: str) -> JsonValue:
    try:
        content = Path(text[1:]).read_bytes() if text.startswith("@") else text
        read: JsonValue = orjson.loads(content)
    except OSError as error:
        raise typer.BadParameter(f"{text[1:]}: {error.strerror}", param_hint=option) from error
    except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
        raise typer.BadParameter(f"not JSON: {error}; --help shows an example", param_hint=option) from error
    return read
