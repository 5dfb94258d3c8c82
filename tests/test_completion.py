"""What the shells offer when Tab is pressed, asked of the shells themselves, and the manual pages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tcmkit.cli.app import VERBS

ROOT = Path(__file__).resolve().parent.parent

BASH = """
source {root}/completions/tcm.bash
COMP_LINE="$1"; COMP_POINT=${{#1}}; COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
_tcm_completion tcm
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
ZSH = """
zmodload zsh/zpty
zpty shell "TERM=dumb zsh -f -i"
zpty -w shell "autoload -U compinit; compinit -u -d $HOME/dump; source {root}/completions/_tcm; bindkey '^I' complete-word"
zpty -w shell "print rea''dy"
zpty -r shell said '*ready*'
zpty -w -n shell $'tcm clean-\\t'
zpty -r shell said '*clean-tqs*'
print -r -- "$said"
"""
"""An interactive zsh at a terminal of its own, in which Tab is pressed."""
FISH = "source {root}/completions/tcm.fish; complete -C $argv[1]"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a model, an index and a `tcm` to run."""
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "tcm"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tcmkit "$@"\n')
    script.chmod(0o755)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "tiny.gguf").write_bytes(b"GGUF")
    for folder, marker in (("ward", "manifest.json"), ("fitted", "model.json"), ("other", "notes.txt")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / marker).write_text("{}")
    return tmp_path


def offered(shell: str, line: str, place: Path) -> list[str]:
    """What the shell would offer at the end of the line."""
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    env = {**os.environ, "PATH": f"{place / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "TCM_LANG": "en"}
    env |= {"HOME": str(place), "TCM_MODELS": str(place / "models")}
    script = (BASH if shell == "bash" else FISH).format(root=ROOT)
    command = ["bash", "-c", script, "bash", line] if shell == "bash" else ["fish", "-c", script, line]
    done = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return [name.partition("\t")[0] for name in done.stdout.split("\n") if name]


def test_tab_completes_in_zsh(place: Path) -> None:
    if shutil.which("zsh") is None:
        pytest.skip("no zsh here")
    env = {**os.environ, "PATH": f"{place / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "HOME": str(place)}
    command = ["zsh", "-f", "-c", ZSH.format(root=ROOT)]
    done = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, check=True, timeout=90)
    assert "tcm clean-tqs" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_verbs_options_models_and_folders_complete(shell: str, place: Path) -> None:
    assert set(offered(shell, "tcm con", place)) == {"convert", "consult"}
    assert offered(shell, "tcm check --expl", place) == ["--explain"]
    assert set(offered(shell, "tcm retrieve --index ", place)) == {"ward"}
    assert offered(shell, "tcm retrieve --index wa", place) == ["ward"]
    assert offered(shell, "tcm classify --model ", place) == ["fitted"]
    engines = offered(shell, "tcm consult --llm ", place)
    assert {"openai:", "gguf:", "hf:", "scripted:"} <= set(engines)


def test_a_model_after_its_colon_is_offered_as_bash_wants_it(place: Path) -> None:
    assert offered("bash", "tcm consult --llm gguf:mod", place) == ["models/"]
    assert offered("bash", "tcm consult --llm gguf:models/t", place) == ["models/tiny.gguf"]
    assert f"{place}/models/tiny.gguf" in offered("bash", f"tcm consult --llm gguf:{place}/models/", place)


def test_a_name_that_holds_a_blank_or_leads_nowhere_offers_nothing(place: Path) -> None:
    assert offered("bash", "tcm consult --llm gguf:no/such/", place) == []
    assert offered("bash", "tcm retrieve --index no/such/", place) == []


@pytest.mark.parametrize("folder", ["man/en", "man/zh_CN"])
def test_the_manual_has_a_page_for_each_verb_that_man_can_read(folder: str) -> None:
    names = {path.name for path in (ROOT / folder).glob("*.1")}
    assert names == {"tcm.1", *(f"tcm-{verb.replace(' ', '-')}.1" for verb in VERBS)}
    if shutil.which("groff") is None:
        pytest.skip("no groff here")
    done = subprocess.run(
        ["groff", "-K", "utf8", "-man", "-T", "utf8", "-w", "mac", "-W", "break", *sorted((ROOT / folder).glob("*.1"))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    assert "OPENAI_BASE_URL" in done.stdout
