"""The published schemas of `bunkd-db status --json` and of `bunkd-db explain --json`."""

import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]

from tests.support.command import ROOT


def closed(schema: Any) -> Any:
    """The schema, as it would be if no other key could come."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    more = {"additionalProperties": False} if "properties" in schema else {}
    return {key: closed(each) for key, each in schema.items()} | more


def _validators(page: str) -> tuple[Any, Any]:
    schema = json.loads((ROOT / f"docs/{page}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return (
        jsonschema.Draft202012Validator(schema),
        jsonschema.Draft202012Validator(closed(schema)),
    )


_OF = {page: _validators(page) for page in ("status", "explain")}


def faults(told: Any, page: str = "status", *, only_known: bool = True) -> list[str]:
    """Where an answer is not what the schema says; `only_known`: nor has it a key that is not in it."""
    validator = _OF[page][only_known]
    return [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(told)]
