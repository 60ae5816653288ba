"""What a new OpenAPI document breaks for clients of an old one.

    api_changes.py OLD.json NEW.json

Breaking: an operation, an answer's field or a value that requests may have is gone; a request needs
something that it did not need; a type or a limit got narrower in a request or wider in an answer; a
higher role is needed. Fails when there is such a change and the version says nothing of it: by
Semantic Versioning a breaking change takes another major version, or another minor one below 1.0.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Json = Mapping[str, Any]
Side = Literal["request", "answer"]

ROLES = (None, "viewer", "marketer", "admin")
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")


@dataclass(frozen=True)
class Change:
    """`old` and `new` are whole documents, for their references."""

    old: Json
    new: Json

    def broken(self) -> Iterator[str]:
        """Every breaking change in words."""
        for path, operations in self.old["paths"].items():
            for method, before in operations.items():
                name = f"{method.upper()} {path}"
                after = self.new["paths"].get(path, {}).get(method)
                if after is None:
                    yield f"{name} is gone"
                else:
                    yield from self._operation(name, before, after)

    def _operation(self, name: str, before: Json, after: Json) -> Iterator[str]:
        if _role(after) > _role(before):
            yield f"{name} needs the role {ROLES[_role(after)]}"
        yield from self._parameters(name, before, after)
        yield from self._body(name, before.get("requestBody"), after.get("requestBody"))
        for status, answer in before["responses"].items():
            if not status.startswith(("2", "3")):
                continue
            there = after["responses"].get(status)
            if there is None:
                yield f"{name} no longer answers {status}"
                continue
            for media, content in answer.get("content", {}).items():
                now = there.get("content", {}).get(media)
                if now is None:
                    yield f"{name} no longer answers {media}"
                else:
                    at = f"{name} answers"
                    yield from self._schema(at, content["schema"], now["schema"], "answer", ())

    def _parameters(self, name: str, before: Json, after: Json) -> Iterator[str]:
        old, new = _by_name(self.old, before), _by_name(self.new, after)
        for key in old.keys() - new.keys():
            yield f"{name} has no parameter {key[1]} any more"
        for key, parameter in new.items():
            if parameter.get("required") and not old.get(key, {}).get("required"):
                yield f"{name} needs the parameter {key[1]}"
            if key in old:
                at = f"{name}, parameter {key[1]}"
                schemas = old[key]["schema"], parameter["schema"]
                yield from self._schema(at, *schemas, "request", ())

    def _body(self, name: str, before: Json | None, after: Json | None) -> Iterator[str]:
        if before is None and after is not None and after.get("required"):
            yield f"{name} needs a body"
        if before is None or after is None:
            return
        if after.get("required") and not before.get("required"):
            yield f"{name} needs a body"
        schemas = [body["content"]["application/json"]["schema"] for body in (before, after)]
        yield from self._schema(f"{name} takes", schemas[0], schemas[1], "request", ())

    def _schema(
        self, at: str, before: Json, after: Json, side: Side, inside: tuple[str, ...]
    ) -> Iterator[str]:
        """`inside` are the references that led here: a schema may hold itself."""
        reference = before.get("$ref")
        if reference is not None and reference in inside:
            return
        inside = inside if reference is None else (*inside, reference)
        before, after = _resolved(self.old, before), _resolved(self.new, after)
        if _options(before) or _options(after):
            yield from self._union(at, before, after, side, inside)
            return
        yield from _values(at, before, after, side)
        yield from self._properties(at, before, after, side, inside)
        if "items" in before and "items" in after:
            yield from self._schema(f"{at}[]", before["items"], after["items"], side, inside)

    def _union(
        self, at: str, before: Json, after: Json, side: Side, inside: tuple[str, ...]
    ) -> Iterator[str]:
        """Each option that was sent before must still be taken by one, and the other way round."""
        old, new = _options(before) or [before], _options(after) or [after]
        wanted, offered = (old, new) if side == "request" else (new, old)
        for option in wanted:
            pairs = ((option, o) if side == "request" else (o, option) for o in offered)
            if not any(not [*self._schema(at, *pair, side, inside)] for pair in pairs):
                yield (
                    f"{at}: no longer {_short(option)}"
                    if side == "request"
                    else (f"{at}: also {_short(option)}")
                )

    def _properties(
        self, at: str, before: Json, after: Json, side: Side, inside: tuple[str, ...]
    ) -> Iterator[str]:
        old, new = before.get("properties", {}), after.get("properties", {})
        required = set(before.get("required", ())), set(after.get("required", ()))
        for name in old:
            if name in new:
                yield from self._schema(f"{at} {name}", old[name], new[name], side, inside)
            elif side == "answer" or after.get("additionalProperties") is False:
                yield f"{at} {name}: it is gone"
        if side == "request":
            yield from (f"{at} {name}: it is needed" for name in required[1] - required[0])
        else:
            gone = (required[0] - required[1]) & new.keys()
            yield from (f"{at} {name}: it may be missing" for name in gone)


def _values(at: str, before: Json, after: Json, side: Side) -> Iterator[str]:
    """Types, listed values and limits of one plain schema."""
    wanted, offered = (before, after) if side == "request" else (after, before)
    if (types := _types(offered)) and not _types(wanted) <= types:
        yield (
            f"{at}: {_types(wanted)} became {types}"
            if side == "request"
            else (f"{at}: {types} became {_types(wanted)}")
        )
    if side == "answer":
        return
    listed = _listed(after)
    if listed is not None and (gone := [v for v in _listed(before) or () if v not in listed]):
        yield f"{at}: no longer {gone}"
    elif listed is not None and _listed(before) is None:
        yield f"{at}: only {listed}"
    for key in LOWER:
        if key in after and after[key] > before.get(key, float("-inf")):
            yield f"{at}: {key} is {after[key]}"
    for key in UPPER:
        if key in after and after[key] < before.get(key, float("inf")):
            yield f"{at}: {key} is {after[key]}"
    if "pattern" in after and after["pattern"] != before.get("pattern"):
        yield f"{at}: it must match {after['pattern']}"


def _role(operation: Json) -> int:
    roles = [role for option in operation.get("security", ()) for role in option.get("token", ())]
    return ROLES.index(roles[0]) if roles else 0


def _by_name(document: Json, operation: Json) -> dict[tuple[str, str], Json]:
    found = [_resolved(document, one) for one in operation.get("parameters", ())]
    return {(one["in"], one["name"]): one for one in found}


def _resolved(document: Json, schema: Json) -> Json:
    while "$ref" in schema:
        node: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            node = node[step]
        schema = node
    return schema


def _options(schema: Json) -> list[Json]:
    return list(schema.get("anyOf") or schema.get("oneOf") or ())


def _types(schema: Json) -> set[str]:
    """JSON Schema: every integer is a number."""
    given = schema.get("type", [])
    types = {given} if isinstance(given, str) else set(given)
    return types | ({"integer"} if "number" in types else set())


def _listed(schema: Json) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _short(schema: Json) -> str:
    return str(schema.get("$ref", json.dumps(schema)[:80])).rpartition("/")[2]


def announced(old: str, new: str) -> bool:
    """Whether going from one version to the other may break clients."""
    before, after = (tuple(map(int, version.split(".")[:2])) for version in (old, new))
    return after > before if before[0] == 0 else after[0] > before[0]


def main(files: list[str]) -> int:
    old, new = (json.loads(Path(file).read_text("utf-8")) for file in files)
    broken = list(dict.fromkeys(Change(old, new).broken()))
    print("\n".join(broken) or "nothing breaks")
    versions = old["info"]["version"], new["info"]["version"]
    if broken and not announced(*versions):
        print(f"{len(broken)} breaking changes, and the version is still {versions[1]}")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
