"""The published schema of `bunkd-db status --json`."""

import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]

from tests.support.command import ROOT

SCHEMA: dict[str, Any] = json.loads((ROOT / "docs/status.schema.json").read_text())
_CHECK = jsonschema.Draft202012Validator.check_schema


def closed(schema: Any) -> Any:
    """The schema, as it would be if no other key could come."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    more = {"additionalProperties": False} if "properties" in schema else {}
    return {key: closed(each) for key, each in schema.items()} | more


_CHECK(SCHEMA)
_OPEN = jsonschema.Draft202012Validator(SCHEMA)
_CLOSED = jsonschema.Draft202012Validator(closed(SCHEMA))


def faults(told: Any, *, only_known: bool = True) -> list[str]:
    """Where an answer is not what the schema says; `only_known`: nor has it a key that is not in it."""
    validator = _CLOSED if only_known else _OPEN
    return [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(told)]
