"""What the documentation shows is run: examples, the pipes of README, the generated pages."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tcmkit.cli.app import VERBS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("*.sh"))


@pytest.fixture
def shell(tmp_path: Path):
    """Run a shell line in a copy of the repository's examples, with `tcm` on PATH."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for name in ("tcm", "python3"):
        script = bin_folder / name
        module = "-m tcmkit " if name == "tcm" else ""
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {module}"$@"\n')
        script.chmod(0o755)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    env = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "TCM_LANG": "en"}

    def run(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", line], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=900, check=False
        )

    return run


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in ("factory.sh", "laboratory.sh")])
def test_example_runs(shell, name: str) -> None:
    done = shell(f"sh examples/{name}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "Traceback" not in done.stderr


def test_every_verb_has_an_example_and_a_page() -> None:
    for verb in VERBS:
        first = verb.partition(" ")[0]
        assert f"{first}.sh" in EXAMPLES
        assert f"tcm {verb} " in (ROOT / "examples" / f"{first}.sh").read_text(encoding="utf-8").replace("\n", " ")
        assert f"<!-- help: tcm {verb} -->" in (ROOT / "docs" / f"{first}.md").read_text(encoding="utf-8")
        assert f"`tcm {verb}`" in README


def test_the_demo_gives_cases_and_questions(shell, tmp_path: Path) -> None:
    done = shell("sh examples/demo.sh")
    assert "主诉：" in done.stdout
    questions = (tmp_path / "demo-out" / "qa.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(questions) > 20
    reject = (tmp_path / "demo-out" / "rejects.jsonl").read_text(encoding="utf-8")
    assert '"line":7,"reason":"bad_json"' in reject


def test_the_factory_makes_everything_there_is(shell, tmp_path: Path) -> None:
    done = shell("sh examples/factory.sh")
    assert done.returncode == 0, done.stderr
    out = tmp_path / "factory-out"
    made = {path.name: path.read_text(encoding="utf-8").count("\n") for path in out.glob("train-*.jsonl")}
    assert set(made) == {f"train-{name}.jsonl" for name in ("pretrain", "sft", "dpo", "alpaca")}
    assert all(made.values()), made
    questions = (out / "clean" / "qa.jsonl").read_text(encoding="utf-8")
    assert all(f'"scope":"{scope}"' in questions for scope in ("between", "group"))
    assert ",matched," in (out / "journals.csv").read_text(encoding="utf-8")
    assert "</html>" in (out / "stats.html").read_text(encoding="utf-8")
    for summary in out.glob("*.summary.json"):
        books = json.loads(summary.read_text(encoding="utf-8"))
        assert books["read"] == books["kept"] + sum(books["dropped"].values()) + sum(books["rejected"].values())


def test_the_laboratory_ends_in_a_consultation_led_by_its_own_model(shell, tmp_path: Path) -> None:
    pytest.importorskip("trl")
    pytest.importorskip("llama_cpp")
    done = shell("sh examples/laboratory.sh lab")
    assert done.returncode == 0, done.stderr
    lab = tmp_path / "lab"
    for stage in ("base", "sft", "dpo", "grpo"):
        result = json.loads((lab / f"{stage}.json").read_text(encoding="utf-8"))
        assert result["steps"] == 2, stage
    assert json.loads((lab / "export.json").read_text(encoding="utf-8"))["verified"]
    assert len((lab / "exam.jsonl").read_text(encoding="utf-8").splitlines()) >= 1
    consultation = [json.loads(line) for line in (lab / "consultation.jsonl").read_text(encoding="utf-8").splitlines()]
    assert consultation


PIPES = re.findall(r"(?m)^    (.*\btcm .*)$", README.partition("<!-- pipes -->")[2].partition("<!-- end -->")[0])


def test_the_pipes_of_the_readme_run_in_order(shell) -> None:
    assert {line.partition("tcm ")[2].split()[0] for line in PIPES} == {verb.split()[0] for verb in VERBS}
    for line in PIPES:
        done = shell(line)
        expected = 3 if line.startswith("tcm ingest") else 0  # the sample holds one broken line
        assert done.returncode == expected, (line, done.stderr)


def test_paths_in_the_readmes_exist() -> None:
    for name in ("README.md", "README.zh.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
        assert links
        assert [link for link in links if not (ROOT / link).exists()] == []


def test_generated_files_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "tools/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_constraints_pin_every_requirement() -> None:
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in (ROOT / "constraints.txt").read_text().split()}
    required = re.findall(r'(?m)^    "([A-Za-z0-9_-]+)[>=]', (ROOT / "pyproject.toml").read_text())
    assert required
    assert {name.lower().replace("_", "-") for name in required} <= pinned
