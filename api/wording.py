"""Pydantic's errors in words for people: what a value must be, never the value itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from episodes.nouns import COLOUR_PATTERN, ID_PATTERN

_TYPES = {
    "string": "a text",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "dict": "an object",
    "model": "an object",
}
_LIMITS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
    "multiple_of": ("multiple_of", "a multiple of"),
}
_SENTENCES = {
    "missing": "It is missing.",
    "extra_forbidden": "There is no such field.",
    "finite_number": "It must be a finite number.",
    "int_from_float": "It must be a whole number.",
    "string_unicode": "It must be text that UTF-8 can hold.",
}
_PATTERNS = {
    ID_PATTERN: "It must be 1 to 64 lower-case letters, digits, `_` and `-`, and begin with a letter or digit.",
    COLOUR_PATTERN: "It must be a colour: `#3a7bd5`.",
}


def in_words(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors, a dictionary of its own shape, as a sentence. What is not known here is pydantic's sentence."""
    kind, told = str(error["type"]), error.get("ctx", {})
    if kind in _SENTENCES:
        return _SENTENCES[kind]
    if kind in _LIMITS:
        name, words = _LIMITS[kind]
        return f"It must be {words} {told[name]}."
    if kind in ("string_too_short", "too_short"):
        return (
            "It must not be empty."
            if told["min_length"] == 1
            else f"It must have at least {_length(kind, told['min_length'])}."
        )
    if kind in ("string_too_long", "too_long"):
        return f"It must have at most {_length(kind, told['max_length'])}."
    if kind in ("enum", "literal_error"):
        return f"It must be one of these: {told['expected']}."
    if kind == "decimal_max_places":
        return f"It must have at most {told['decimal_places']} digits behind the point."
    if kind == "json_invalid":
        return sentence(f"This is no JSON: {told['error']}")
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(told["pattern"], f"It must match `{told['pattern']}`.")
    if kind == "value_error":
        return _own(str(error["msg"]).removeprefix("Value error, "))
    of_type = _TYPES.get(kind.removesuffix("_type").removesuffix("_parsing"))
    return f"It must be {of_type}." if of_type else sentence(str(error["msg"]))


def sentence(text: str) -> str:
    """With a full stop, so that another one can follow."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _length(kind: str, number: int) -> str:
    return f"{number} {'characters' if kind.startswith('string') else 'entries'}"


def _own(message: str) -> str:
    """What a validator of ours says, or FastAPI of a part of a form that is no file."""
    if message.startswith("Expected UploadFile"):
        return "It must be a file."
    return sentence(message[:1].upper() + message[1:])
