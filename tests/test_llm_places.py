"""Names of models on this machine."""

import os
from pathlib import Path

import pytest

from tcmkit.llm.places import find_model, model_folders


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("a", "b", "models", "data/tcmkit/models"):
        (tmp_path / part).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TCM_MODELS", os.pathsep.join(("a", "b")))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def test_folders_stand_in_the_order_of_nearness(tmp_path: Path) -> None:
    assert model_folders() == [Path("a"), Path("b"), Path("models"), tmp_path / "data" / "tcmkit" / "models"]


def test_a_path_comes_before_the_folders() -> None:
    for place in ("x.gguf", "b/x.gguf", "models/x.gguf"):
        Path(place).touch()
    assert find_model("x.gguf") == Path("x.gguf")
    Path("x.gguf").unlink()
    assert find_model("x.gguf") == Path("b/x.gguf")
    assert find_model("models/x.gguf") == Path("models/x.gguf")


def test_the_suffix_may_be_left_out() -> None:
    Path("models/x.gguf").touch()
    assert find_model("x", ".gguf") == Path("models/x.gguf")
    assert find_model("x") is None
    assert find_model("", ".gguf") is None
