"""RunPod's description of its API, as something to check requests and answers against.

`description.json` holds, out of the OpenAPI description of version 2.0.0, the schemas of the six calls that cluster/ makes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_TOLD: dict[str, Any] = json.loads((Path(__file__).parent / "description.json").read_text())
_REGISTRY: Registry[Any] = Registry().with_resource(
    "urn:runpod", Resource.from_contents(_TOLD, default_specification=DRAFT202012)
)


def operation_of(method: str, path: str) -> str | None:
    """The description's name of a call, "GET /v2/pods/{id}"; None for one that it does not have."""
    parts = path.strip("/").split("/")
    if parts[:2] == ["v2", "pods"] and len(parts) == 3:
        path = "/v2/pods/{id}"
    name = f"{method} {path}"
    return name if name in _TOLD["calls"] else None


def faults_of_request(operation: str, query: Mapping[str, str], body: object) -> list[str]:
    """What the description has against a request; empty when it may be sent."""
    told = _TOLD["calls"][operation]
    faults = [f"there is no query parameter {name!r}" for name in query if name not in told["query"]]
    for name, text in query.items():
        if schema := told["query"].get(name):
            faults += _faults(schema, _typed(schema, text))
    if "request" in told:
        faults += _faults(told["request"], body)
    elif body is not None:
        faults.append("this call takes no body")
    return faults


def faults_of_answer(operation: str, status: int, body: object) -> list[str]:
    answers = _TOLD["calls"][operation]["answers"]
    schema = answers.get(str(status), answers["default"])
    if schema is None:
        return [] if body is None else ["this answer has no body"]
    if str(status) not in answers and status < 400:
        return [f"there is no answer {status}"]
    return _faults(schema, body)


def _typed(schema: Mapping[str, Any], text: str) -> object:
    """As a query carries it: everything is text there, and a list has commas."""
    match schema.get("type"):
        case "array":
            return text.split(",")
        case "integer":
            return int(text)
        case "boolean":
            return {"true": True, "false": False}.get(text, text)
        case _:
            return text


def _faults(schema: Mapping[str, Any], value: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in _validator(json.dumps(schema)).iter_errors(value)]


@cache
def _validator(schema: str) -> Draft202012Validator:
    """The schemas refer to one another inside of the description, and this one is taken out of it."""
    return Draft202012Validator(json.loads(schema.replace('"#/', '"urn:runpod#/')), registry=_REGISTRY)
