"""Every extra is either used from the wheel before a release or named with the reason why not."""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import release  # noqa: E402


def test_every_extra_is_tried_or_excused() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {*release.USES, *release.NEEDS_CUDA} - {release.BASE} == set(extras) - {"dev", "all"}
    (everything,) = extras["all"]
    assert set(release.USES) - {release.BASE} == set(everything.partition("[")[2].rstrip("]").split(","))


def test_the_licence_of_every_package_that_an_extra_names_is_listed() -> None:
    page = (ROOT / "docs" / "third-party.md").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [*project["dependencies"]]
    for extra in release.USES:
        named += project["optional-dependencies"].get(extra, [])
    named = [line for line in named if not line.startswith("tcmkit")]
    names = {line.partition(">")[0].partition("[")[0].lower().replace("_", "-") for line in named}
    assert {name for name in names if f"| {name} |" not in page} == set()


def test_a_licence_that_asks_something_stands_out() -> None:
    page = release.page({"": {"a": "MIT"}, "pdf": {"a": "MIT", "b": "GNU Affero General Public License v3"}})
    assert "| a | MIT |" in page
    assert "| b | **GNU Affero General Public License v3** |" in page
    assert page.count("| a |") == 1
