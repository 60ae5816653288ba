"""The OpenAPI 3.1 document, made from the table of operations and the models.

Run `python -m intent_segments.api.openapi FILE…` to write it; it is packaged so that serving it
costs neither pydantic nor time.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from .. import __version__
from ..goals.changes import FROM, TO
from ..segments.clauses import FilteredEvent
from ..segments.definition import Definition
from . import answers, engaging, models
from .call import MAX_PAGE_LIMIT, PAGE_LIMIT
from .operation import Operation
from .operations import OPERATIONS
from .problem import KINDS, MEDIA_TYPE, UNEXPECTED

REFERENCE = "#/components/schemas/{model}"

ABOUT = (
    "Who in a segment will do what by when, and what to do about it. Set a goal on a segment, get "
    "a forecast with honest intervals, then follow it night by night.\n\n"
    "Days are the account's local days as ISO dates; instants are UTC. Errors are RFC 9457 problem "
    "details. Lists take `limit` and `starting_after` (the id of the last item seen)."
)

PARAMETERS: dict[str, dict[str, Any]] = {
    "limit": {
        "name": "limit",
        "in": "query",
        "description": "Items on a page.",
        "schema": {
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_PAGE_LIMIT,
            "default": PAGE_LIMIT,
        },
    },
    "starting_after": {
        "name": "starting_after",
        "in": "query",
        "description": "The id of the last item of the page before.",
        "schema": {"type": "string"},
    },
    "q": {
        "name": "q",
        "in": "query",
        "description": "What names begin with, upper or lower case.",
        "schema": {"type": "string"},
    },
    "today": {
        "name": "today",
        "in": "query",
        "description": "Whether to count also what has landed since the last night.",
        "schema": {"type": "boolean", "default": False},
    },
    "format": {
        "name": "format",
        "in": "query",
        "description": "`html` is a page to print, `csv` a table for spreadsheets; without it the "
        "header Accept decides.",
        "schema": {"type": "string", "enum": ["json", "csv", "html"], "default": "json"},
    },
    "lift": {
        "name": "lift",
        "in": "query",
        "description": "A change to look for, as a part of the rate without campaign: 0.1 is a "
        "tenth more, -0.1 a tenth fewer.",
        "schema": {"type": "number", "minimum": -1, "maximum": 100},
    },
    "control_share": {
        "name": "control_share",
        "in": "query",
        "description": "Another share of control than the goal's.",
        "schema": {"type": "number", "minimum": 0.01, "maximum": 0.2},
    },
    "engagement": {
        "name": "engagement",
        "in": "query",
        "description": "Only who came into this engagement, from then on, in both arms.",
        "schema": {"type": "string"},
    },
    "bucket": {
        "name": "bucket",
        "in": "query",
        "description": "Only members of this bucket of day 0.",
        "schema": {
            "type": "string",
            "enum": ["most_likely", "moderately_likely", "least_likely"],
        },
    },
    "from": {
        "name": "from",
        "in": "query",
        "description": "The first day; 29 days before `to` when left out.",
        "schema": {"type": "string", "format": "date"},
    },
    "to": {
        "name": "to",
        "in": "query",
        "description": "The last day; the last closed one when left out.",
        "schema": {"type": "string", "format": "date"},
    },
    "date": {
        "name": "date",
        "in": "query",
        "description": "The day of a night; the last one when left out.",
        "schema": {"type": "string", "format": "date"},
    },
    "refused-date": {
        "name": "date",
        "in": "query",
        "description": "The day, UTC, on which they were sent; the newest one when left out.",
        "schema": {"type": "string", "format": "date"},
    },
    "from-standing": {
        "name": "from",
        "in": "query",
        "description": "Where they were the night before; anywhere when left out.",
        "schema": {"type": "string", "enum": [standing.label for standing in FROM]},
    },
    "to-standing": {
        "name": "to",
        "in": "query",
        "description": "Where they are with this night; anywhere when left out.",
        "schema": {"type": "string", "enum": [standing.label for standing in TO]},
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The ETag of an answer that you have; 304 says that it is still the same.",
        "schema": {"type": "string"},
    },
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Your own key: repeating the request with it within 24 hours gives what was "
        "made the first time.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
}

TEXT = {"type": "string"}

PATH_PARAMETERS: dict[str, dict[str, Any]] = {
    "bucket": {"enum": ["most_likely", "moderately_likely", "least_likely"]},
}


SECURITY: dict[str, dict[str, Any]] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of the stack's OpenID Connect issuer (ApiAuthorization "
        "JWT). Roles are viewer, marketer and admin; each may do what those before it may.",
    },
    "iam": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "A request signed by AWS Signature Version 4 (ApiAuthorization AWS_IAM). "
        "IAM decides who may call; whoever it lets through is an admin.",
    },
    "write_key": {
        "type": "http",
        "scheme": "basic",
        "description": "The write key as user name, without a password, as Segment's clients send "
        "it.",
    },
}
"""Ways to be known. Which one a stack asks for is its parameter ApiAuthorization."""


def document() -> dict[str, Any]:
    """The whole document as JSON values."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "intent-segments",
            "version": __version__,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(entry.tag for entry in OPERATIONS)],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "parameters": PARAMETERS,
            "securitySchemes": _schemes(),
        },
        "x-problems": [
            {"name": kind.name, "status": kind.status, "title": kind.title}
            for kind in sorted(set(KINDS.values()), key=lambda kind: (kind.status, kind.name))
        ],
    }


def written() -> str:
    """The document as it is packaged."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


def _operation(operation: Operation) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", **PATH_PARAMETERS.get(name, {})},
        }
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]
    named = operation.parameters
    if operation.method == "GET" and operation.status == 200:
        named = (*named, "If-None-Match")
    parameters += [{"$ref": f"#/components/parameters/{name}"} for name in named]
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.tag],
        "security": _security(operation),
        "responses": _responses(operation),
    }
    if parameters:
        described["parameters"] = parameters
    if operation.request is not None:
        content = {"application/json": {"schema": _ref(operation.request)}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    """OpenAPI 3.1: schemes of other kinds than OAuth list the roles that are needed."""
    match operation.role:
        case "nobody":
            return []
        case "write_key":
            return [{"write_key": []}]
        case "anybody":
            return [{"token": []}, {"iam": []}]
        case role:
            return [{"token": [role]}, {"iam": []}]


def _schemes() -> dict[str, dict[str, Any]]:
    """The schemes that some operation asks for."""
    used = {name for one in OPERATIONS for option in _security(one) for name in option}
    return {name: scheme for name, scheme in SECURITY.items() if name in used}


def _responses(operation: Operation) -> dict[str, Any]:
    success: dict[str, Any] = {"description": operation.summary}
    if operation.answer is not None:
        success["content"] = {"application/json": {"schema": _ref(operation.answer)}} | {
            media: {"schema": {"type": "string"}} for media in operation.also
        }
    elif operation.path == "/openapi.json":
        success["content"] = {"application/json": {"schema": {"type": "object"}}}
    elif operation.path == "/docs":
        success["content"] = {"text/html": {"schema": {"type": "string"}}}
    responses = {str(operation.status): success}
    if operation.method == "GET" and operation.status == 200:
        success["headers"] = {"ETag": {"description": "Of what is shown.", "schema": TEXT}}
        responses["304"] = {"description": "Nothing has changed since the ETag that was sent"}
    told: dict[int, list[str]] = {}
    for name in operation.problems:
        kind = next(kind for kind in KINDS.values() if kind.name == name)
        told.setdefault(kind.status, []).append(kind.title)
    if operation.parameters:
        told.setdefault(422, []).append("A value breaks a rule")
    told.setdefault(429, []).append("Requests come too fast")
    told.setdefault(403, []).append("The request went around the stack's address")
    if not operation.is_open:
        told.setdefault(401, []).append("Nobody is signed in")
        if operation.role != "anybody":
            told.setdefault(403, []).append(f"The role {operation.role} is needed")
    told.setdefault(UNEXPECTED.status, []).append(UNEXPECTED.title)
    problem = {MEDIA_TYPE: {"schema": _ref("Problem")}}
    gateway = {"application/json": {"schema": _ref("GatewayMessage")}}
    forms = {429: gateway} | dict.fromkeys((401, 403, 404), problem | gateway)
    for status in sorted(told):
        titles = "; ".join(dict.fromkeys(told[status]))
        responses[str(status)] = {"description": titles, "content": forms.get(status, problem)}
    return responses


def _schemas() -> dict[str, Any]:
    """Schemas of all models; requests and answers never share a name with different content."""
    wanted: dict[str, type[BaseModel]] = {}
    for operation in OPERATIONS:
        if operation.request is not None:
            wanted[operation.request] = _request(operation.request)
        if operation.answer is not None:
            wanted[operation.answer] = getattr(answers, operation.answer)
    wanted["Problem"] = answers.Problem
    wanted["GatewayMessage"] = answers.GatewayMessage
    wanted["Definition"] = Definition
    wanted["FilteredEvent"] = FilteredEvent
    wanted |= {model.__name__: model for model in engaging.SETTINGS}
    inputs = [(model, "validation") for model in wanted.values()]
    _, found = models_json_schema(
        inputs,  # type: ignore[arg-type]  # the literal "validation" widens to str in the list
        ref_template=REFERENCE,
    )
    schemas = found["$defs"] | {"BucketPolicy": models.BUCKET_POLICY}
    return dict(sorted(_put_in(schemas).items()))


def _request(name: str) -> type[BaseModel]:
    found: type[BaseModel] = getattr(models, name, None) or getattr(engaging, name)
    return found


def _put_in(schema: Any) -> Any:
    """The same with every stand-in replaced by a reference to the component it names."""
    if isinstance(schema, dict):
        if "x-component" in schema:
            return _ref(schema["x-component"])
        return {key: _put_in(value) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_put_in(entry) for entry in schema]
    return schema


def _ref(model: str) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=model)}


def main(files: list[str]) -> None:
    """Write the document to each file."""
    for file in files:
        Path(file).write_text(written(), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
