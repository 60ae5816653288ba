"""What counts as breaking a client, one row per kind of change."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from infra.api_changes import Change, announced, main
from intent_segments.api.openapi import document


def api() -> dict[str, Any]:
    """One operation with everything that is compared."""
    item = {
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": {"type": "string"},
            "size": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
        },
    }
    wanted = {
        "type": "object",
        "additionalProperties": False,
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "maxLength": 10},
            "kind": {"enum": ["a", "b"]},
            "count": {"type": "number", "minimum": 0},
            "when": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        },
    }
    post = {
        "security": [{"token": ["marketer"]}],
        "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer"}}],
        "requestBody": {"content": {"application/json": {"schema": wanted}}},
        "responses": {
            "200": {
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}
            },
            "404": {"description": "none"},
        },
    }
    return {
        "info": {"version": "0.1.0"},
        "paths": {"/things": {"post": post}},
        "components": {"schemas": {"Item": item}},
    }


POST = "paths /things post"
TAKES = f"{POST} requestBody content application/json schema"
ITEM = "components schemas Item"
GONE = object()


def changed(where: str, value: Any) -> dict[str, Any]:
    """The API with one thing set, or taken away."""
    made = copy.deepcopy(api())
    *steps, last = where.split(" ")
    node: Any = made
    for step in steps:
        node = node[int(step) if step.isdecimal() and isinstance(node, list) else step]
    if value is GONE:
        del node[last]
    else:
        node[last] = value
    return made


@pytest.mark.parametrize(
    ("where", "value", "told"),
    [
        ("paths /things post", GONE, "is gone"),
        (f"{POST} security", [{"token": ["admin"]}], "needs the role admin"),
        (f"{POST} parameters", [], "no parameter limit"),
        (f"{POST} parameters 0 required", True, "needs the parameter limit"),
        (f"{POST} parameters 0 schema maximum", 5, "maximum is 5"),
        (f"{POST} requestBody required", True, "needs a body"),
        (f"{TAKES} required", ["name", "kind"], "kind: it is needed"),
        (f"{TAKES} properties kind", GONE, "kind: it is gone"),
        (f"{TAKES} properties kind enum", ["a"], "no longer ['b']"),
        (f"{TAKES} properties name enum", ["x"], "only ['x']"),
        (f"{TAKES} properties name maxLength", 9, "maxLength is 9"),
        (f"{TAKES} properties name pattern", "^a", "must match ^a"),
        (f"{TAKES} properties count minimum", 1, "minimum is 1"),
        (f"{TAKES} properties count type", "integer", "became {'integer'}"),
        (f"{TAKES} properties when", {"type": "string"}, "no longer"),
        (f"{ITEM} properties id", GONE, "id: it is gone"),
        (f"{ITEM} required", [], "id: it may be missing"),
        (f"{ITEM} properties id type", "integer", "became {'integer'}"),
        (f"{ITEM} properties id type", ["string", "null"], "id: {'string'} became"),
        (f"{ITEM} properties size", {"type": "string"}, "also"),
        (f"{POST} responses 200", GONE, "no longer answers 200"),
    ],
)
def test_a_client_breaks_when(where: str, value: Any, told: str) -> None:
    found = list(Change(api(), changed(where, value)).broken())
    assert any(told in one for one in found), found


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("paths /more", {}),
        (f"{POST} security", [{"token": ["viewer"]}]),
        (f"{POST} responses 404", GONE),
        (f"{TAKES} properties more", {"type": "string"}),
        (f"{TAKES} required", []),
        (f"{TAKES} properties kind enum", ["a", "b", "c"]),
        (f"{TAKES} properties name maxLength", 11),
        (f"{TAKES} properties count minimum", GONE),
        (f"{TAKES} properties when anyOf", [{"type": "integer"}, {"type": "string"}]),
        (f"{ITEM} properties more", {"type": "string"}),
        (f"{ITEM} required", ["id", "size"]),
        (f"{ITEM} properties size", {"type": "integer"}),
    ],
)
def test_a_client_goes_on_when(where: str, value: Any) -> None:
    assert list(Change(api(), changed(where, value)).broken()) == []


def test_the_api_does_not_break_itself() -> None:
    assert list(Change(document(), document()).broken()) == []


@pytest.mark.parametrize(
    ("old", "new", "may"),
    [
        ("0.1.0", "0.1.9", False),
        ("0.1.0", "0.2.0", True),
        ("1.4.0", "1.5.0", False),
        ("1.4.0", "2.0.0", True),
    ],
)
def test_a_version_announces_what_breaks(old: str, new: str, may: bool) -> None:
    assert announced(old, new) is may


def test_what_breaks_unannounced_fails(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    versions = [api(), changed(f"{ITEM} properties id", GONE)]
    files = [tmp_path / "old.json", tmp_path / "new.json"]
    for file, version in zip(files, versions, strict=True):
        file.write_text(json.dumps(version))
    assert main([str(file) for file in files]) == 1
    assert "1 breaking change" in capsys.readouterr().out
    versions[1]["info"]["version"] = "0.2.0"
    files[1].write_text(json.dumps(versions[1]))
    assert main([str(file) for file in files]) == 0
