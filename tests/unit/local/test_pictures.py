"""`intent backtest --plot OUT.png`: one picture with the charts of the page."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from intent_local.plots import draw
from intent_segments.propensity.backtest import Backtest, backtest
from intent_segments.propensity.question import Question
from intent_segments.segments.definition import parse
from tests.fixtures.histories import START, shop

QUESTION = Question(parse({"did": {"event": "visit"}}), ("buy",), "any", START + 150, 14)
HEADING = "Users who do: buy for $5 to $10 (within 14 days)"

SAID, CAME = (31, 111, 235), (194, 65, 12)
"""The colours of forecast and actual, as 8-bit red, green and blue."""


@pytest.fixture(scope="module")
def result() -> Backtest:
    """A day with an outcome, one without, and one that could not be forecast."""
    found = backtest(shop(), QUESTION, [START + 150, START + 235])
    refused = replace(found.origins[0], forecast=None, evaluation=None, refusal="Too <young>.")
    return Backtest((*found.origins, refused), ())


@pytest.fixture(scope="module")
def drawn(result: Backtest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("drawn") / "out.png"
    draw(result, HEADING, path)
    return path


@pytest.fixture(scope="module")
def pixels(drawn: Path) -> np.ndarray:
    """uint8 (height, width, 3)."""
    return np.rint(imread(drawn)[:, :, :3] * 255).astype(np.uint8)


def row(pixels: np.ndarray, place: int) -> np.ndarray:
    return pixels[120 + 400 * place : 120 + 400 * (place + 1)]


def has(pixels: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool((pixels == colour).all(axis=2).any())


def ink(pixels: np.ndarray) -> float:
    return float((pixels < 200).any(axis=2).mean())


def test_it_is_a_png_of_the_size_that_its_days_need(drawn: Path, pixels: np.ndarray) -> None:
    assert drawn.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert pixels.shape == (120 + 400 + 400 + 80, 1_600, 3)


def test_forecast_and_actual_are_drawn_where_they_are_known(pixels: np.ndarray) -> None:
    judged, coming = row(pixels, 0), row(pixels, 1)
    assert has(judged, SAID) and has(judged, CAME)
    assert has(coming, SAID) and not has(coming, CAME)


def test_a_day_with_an_outcome_has_four_charts_and_one_without_has_one(pixels: np.ndarray) -> None:
    for place, charts in ((0, 4), (1, 1)):
        quarters = np.array_split(row(pixels, place)[60:], 4, axis=1)
        assert [ink(quarter) > 0.01 for quarter in quarters] == [n < charts for n in range(4)]


def test_heading_and_refusal_are_written(pixels: np.ndarray) -> None:
    assert ink(pixels[20:50]) > 0.01
    assert ink(pixels[920:]) > 0.005


def test_the_same_backtest_has_the_same_bytes(
    result: Backtest, drawn: Path, tmp_path: Path
) -> None:
    draw(result, HEADING, tmp_path / "again.png")
    assert (tmp_path / "again.png").read_bytes() == drawn.read_bytes()


BARE = """
from pathlib import Path
from matplotlib import font_manager, get_data_path
fonts = font_manager.fontManager
fonts.ttflist = [font for font in fonts.ttflist if font.fname.startswith(get_data_path())]
found = font_manager.findfont(font_manager.FontProperties(), fallback_to_default=False)
print(Path(found).is_relative_to(get_data_path()))
"""
"""Finds the font of a text on a machine that has none but matplotlib's own."""


def test_text_needs_no_font_of_the_machine() -> None:
    done = subprocess.run([sys.executable, "-c", BARE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_only_a_png_costs_the_loading_of_its_library() -> None:
    code = "import sys, intent_local.cli, intent_local.plots; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
