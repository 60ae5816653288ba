"""The pages are true: their links lead somewhere, and what they name is there as they name it."""

from __future__ import annotations

import argparse
import importlib
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from intent_local import cli
from intent_segments.api.models import (
    ForecastRequest,
    NewGoal,
    NewSegment,
    PreviewRequest,
    Request,
)
from intent_segments.api.problem import KINDS, MEDIA_TYPE
from intent_segments.errors import IntentError, InvalidFile
from intent_segments.events import files, limits, normalize
from intent_segments.events.batch import SAME_ID_DAYS
from intent_segments.segments.definition import parse
from intent_segments.services.importing import ImportRequest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
TOP_FOLDERS = ("docs", "functions", "infra", "layers", "local", "tests")

each_page = pytest.mark.parametrize("page", PAGES, ids=NAMES)


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def code_of(page: Path) -> list[str]:
    """Lines of shell blocks, with continued lines joined, and code within sentences."""
    text = text_of(page)
    lines = []
    for language, block in FENCE.findall(text):
        if language in ("sh", "console", ""):
            lines += re.sub(r"\\\n\s*", "", block).splitlines()
    return lines + [span.replace("\n", " ") for span in SPAN.findall(FENCE.sub("", text))]


def anchors_of(page: Path) -> set[str]:
    """The anchors that a forge makes of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@each_page
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(text_of(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            broken.append(link)
    assert not broken


@each_page
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    gone = []
    for span in SPAN.findall(FENCE.sub("", text_of(page))):
        plain = re.fullmatch(r"[\w./-]+", span)
        if plain and span.split("/")[0] in TOP_FOLDERS and "/" in span:
            gone += [] if (ROOT / span).exists() else [span]
    assert not gone


@each_page
def test_no_page_names_a_machine(page: Path) -> None:
    assert not re.findall(r"(?:/root|/home/|/work/|/tmp|/Users/|[A-Z]:\\)[\w/]*", text_of(page))


@each_page
def test_every_target_of_make_that_a_page_names_exists(page: Path) -> None:
    known = set(re.findall(r"^([a-z][a-z0-9-]*):", MAKEFILE, re.MULTILINE))
    named = {name for line in code_of(page) for name in re.findall(r"\bmake ([a-z][a-z-]*)", line)}
    assert named <= known


@cache
def parser_of(command: str) -> argparse.ArgumentParser:
    """The command's own parser."""
    commands = argparse.ArgumentParser().add_subparsers()
    importlib.import_module(f"intent_local.commands.{command}").register(commands)
    return commands.choices[command]


def actions_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Parsers of actions such as `create`, by name."""
    found: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found |= action.choices
    return found


def flags_of(parser: argparse.ArgumentParser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings}


def calls_of(page: Path) -> Iterator[list[str]]:
    """Every call of `intent` in a page's code, word by word."""
    for line in code_of(page):
        for call in re.findall(r"(?:^|[\s/])intent ([a-z-][^|>#]*)", line):
            yield shlex.split(call.replace("…", ""))


@each_page
def test_every_call_of_intent_names_a_command_and_flags_that_exist(page: Path) -> None:
    wrong = []
    for command, *rest in calls_of(page):
        if command in ("--help", "--version"):
            continue
        if command not in cli.COMMANDS:
            wrong.append(command)
            continue
        parser = parser_of(command)
        if actions := actions_of(parser):
            if not rest:
                continue
            if rest[0] not in actions:
                wrong.append(f"{command} {rest[0]}")
                continue
            parser = actions[rest[0]]
        flags = {word.split("=")[0] for word in rest if word.startswith("--")}
        wrong += [f"{command} {flag}" for flag in flags - flags_of(parser)]
    assert not wrong


def section_of(command: str) -> str:
    """What docs/cli.md says of a command, with the page's remarks on options it shares."""
    sections = re.split(r"^(?=##+ )", text_of(ROOT / "docs/cli.md"), flags=re.MULTILINE)
    [section] = [s for s in sections if re.match(rf"##+ intent .*\b{command}\b", s)]
    shared = re.search(r"the options\s+of `intent (\w+)`", section)
    return section + (section_of(shared[1]) if shared else "")


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_the_page_of_commands_has_every_command_with_every_flag(command: str) -> None:
    parser, section = parser_of(command), section_of(command)
    flags = flags_of(parser).union(*map(flags_of, actions_of(parser).values()))
    absent = [flag for flag in flags - {"-h", "--help"} if not re.search(rf"{flag}\b", section)]
    assert not absent


def requests_of(page: Path) -> Iterator[tuple[str, Any]]:
    """(path, body) of every curl call that sends one."""
    for language, block in FENCE.findall(text_of(page)):
        if language == "sh":
            joined = re.sub(r"\\\n\s*", "", block)
            for call in re.findall(r"curl [^']*(?:'[^']*'[^'\n]*)+", joined):
                body = re.search(r"-d '([^']*)'", call)
                path = re.search(r"\$API(/[\w/]+)", call)
                if body and path:
                    yield path[1], json.loads(body[1])


MODELS: dict[str, type[Request]] = {
    "/segments": NewSegment,
    "/previews": PreviewRequest,
    "/forecasts": ForecastRequest,
    "/goals": NewGoal,
}


def test_the_requests_of_the_guide_are_ones_the_api_takes() -> None:
    sent = list(requests_of(ROOT / "docs/api.md"))
    assert {path for path, _ in sent} == {"/segments", "/forecasts", "/goals"}
    for path, body in sent:
        MODELS[path].model_validate(body)
        if "definition" in body:
            parse(body["definition"])


@each_page
def test_every_json_example_can_be_read_and_every_definition_is_one(page: Path) -> None:
    clauses = {"all", "any", "not", "did", "did_not", "profile", "segment", "users"}
    for language, block in FENCE.findall(text_of(page)):
        if language != "json":
            continue
        document = json.loads(block)
        if set(document) <= clauses:
            parse(document)


def test_every_kind_of_problem_that_the_api_answers_is_in_the_guide() -> None:
    page = text_of(ROOT / "docs/api.md")
    for error, kind in KINDS.items():
        if error is not InvalidFile:  # files are loaded by the command line
            assert re.search(rf"^\| {kind.status} \|.*`{kind.name}`", page, re.MULTILINE), kind
    assert KINDS[IntentError].name in page and MEDIA_TYPE.endswith("problem+json")


def test_the_page_about_files_states_what_the_import_does() -> None:
    page = text_of(ROOT / "docs/events.md")
    assert all(f"`{ending}" in page for ending in files.FORMS)
    assert all(f"`{reason}`" in page for reason in normalize.REASONS)
    assert all(f"`{column}`" in page for column in files.REQUIRED["events"])
    counts = (
        limits.MAX_COLUMNS,
        limits.MAX_ID_BYTES,
        limits.MAX_PROPERTIES_BYTES,
        normalize.MAX_EVENT_NAMES,
    )
    assert all(f"{limit:,}" in page for limit in counts)
    assert f"| {limits.IMPORT.rows // 10**6} million |" in page
    sizes = (limits.IMPORT.bytes, limits.IMPORT.text_bytes, limits.MAX_ROW_GROUP_BYTES)
    assert all(f"| {size >> 30} GiB |" in page for size in sizes)
    sizes = (limits.MAX_FOOTER_BYTES, limits.MAX_LINE_BYTES)
    assert all(f"| {size >> 20} MiB |" in page for size in sizes)
    assert f"{SAME_ID_DAYS} days apart" in page
    (payload,) = (b for kind, b in FENCE.findall(page) if kind == "json" and '"key"' in b)
    ImportRequest.from_event(json.loads(payload))


def test_every_dependency_has_its_reason() -> None:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    listed = [*document["project"]["dependencies"], *document["build-system"]["requires"]]
    for group in document["dependency-groups"].values():
        listed += group
    names = {re.split(r"[\[<>=]", entry)[0] for entry in listed}
    reasons = text_of(ROOT / "docs/decisions.md")
    rows = [line.split("|")[1] for line in reasons.splitlines() if line.startswith("|")]
    assert not [name for name in names if not any(re.search(rf"\b{name}\b", row) for row in rows)]


def test_decisions_are_numbered_without_gaps_and_dated() -> None:
    titles = re.findall(r"^### (.+)$", text_of(ROOT / "docs/decisions.md"), re.MULTILINE)
    assert [int(title.split(".")[0]) for title in titles] == list(range(1, len(titles) + 1))
    assert all(re.search(r"\(\d{4}-\d\d-\d\d\)$", title) for title in titles)


def test_the_glossary_is_in_order() -> None:
    words = re.findall(r"^\| ([\w -]+) \|", text_of(ROOT / "docs/glossary.md"), re.MULTILINE)[1:]
    assert words == sorted(words, key=str.lower)


def test_the_picture_is_sound_and_has_words_for_those_who_cannot_see_it() -> None:
    picture = (ROOT / "docs/architecture.svg").read_text("utf-8")
    root = ElementTree.fromstring(picture)
    tags = {child.tag.rsplit("}", 1)[-1] for child in root}
    assert {"title", "desc"} <= tags
    assert "prefers-color-scheme: dark" in picture and "http" not in picture.split(">", 1)[1]
