from __future__ import annotations

from pathlib import Path

import pytest

from infra.licences import Package, packages, page

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("licence", "accepted"),
    [
        ("MIT", True),
        ("Apache-2.0 OR BSD-2-Clause", True),
        ("BSD-3-Clause AND MIT", True),
        ("MIT OR GPL-3.0-only", True),
        ("MPL-2.0", True),
        ("MIT AND GPL-3.0-only", False),
        ("GNU Affero General Public License v3", False),
        ("LGPL-2.1", False),
        ("unknown", False),
        ("PERMITTED", False),
    ],
)
def test_which_licences_are_taken(licence: str, accepted: bool) -> None:
    assert Package("x", "1", licence, ()).is_accepted is accepted


def test_everything_that_is_locked_has_a_licence_that_is_taken() -> None:
    assert [p for p in packages() if not p.is_accepted] == []


def test_the_page_lists_what_functions_carry() -> None:
    carried = [package for package in packages() if package.carried]
    assert (ROOT / "docs/licences.md").read_text() == page(carried), "make licences"
