from __future__ import annotations

import pytest

from intent_local.stack.home import Home
from intent_local.stack.running import running_stack
from tests.fixtures.toy_project import toy_project


@pytest.fixture(scope="session")
def toy_stack(tmp_path_factory):
    """template.yaml around toy functions; its API asks for tokens."""
    root = tmp_path_factory.mktemp("stack")
    project, home = toy_project(root / "project"), Home(root / "home")
    with running_stack(project, home, signs_in=True) as running:
        yield running
