"""The limits of an import fit the function that runs it."""

from __future__ import annotations

from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

from intent_segments.events.limits import (
    ENGINE_DISK,
    ENGINE_MEMORY,
    IMPORT,
    MAX_LINE_BYTES,
    MAX_PROPERTIES_BYTES,
    PROBE_MEMORY,
)
from intent_segments.lake.objects import CACHE_BYTES

TEMPLATE = Path(__file__).parents[3] / "template.yaml"
PROPERTIES = yaml_parse(TEMPLATE.read_text())["Resources"]["ImportEventsFunction"]["Properties"]
MEGABYTE = 10**6


def test_memory_of_the_engine_and_a_third_of_it_again_fit_the_function() -> None:
    # Measured: 1.76 GB in all with ENGINE_MEMORY of 1.6 GB, 16 million events.
    assert ENGINE_MEMORY.endswith("MB")
    assert int(ENGINE_MEMORY[:-2]) * 4 / 3 < PROPERTIES["MemorySize"]
    assert PROPERTIES["MemorySize"] * MEGABYTE > PROBE_MEMORY + 500 * MEGABYTE


def test_unzipped_text_spilled_rows_and_the_cache_fit_the_functions_disk() -> None:
    assert ENGINE_DISK.endswith("GB")
    needed = int(ENGINE_DISK[:-2]) * 10**9 + IMPORT.text_bytes + CACHE_BYTES
    assert needed < PROPERTIES["EphemeralStorage"]["Size"] << 20


def test_a_line_has_room_for_the_longest_sound_event() -> None:
    # JSON may write every byte as six characters.
    assert 6 * MAX_PROPERTIES_BYTES < MAX_LINE_BYTES
