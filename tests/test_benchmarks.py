"""The run of all benchmarks: what is run gives a row, what lacks its input says so."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_a_run_writes_a_table_a_page_and_the_figures(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/everything.py", "-o", str(tmp_path), "--quick", "--only", "startup,classify"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    table = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert "| classify | not run: needs --cases |" in table
    (one,) = map(json.loads, (tmp_path / "figures.jsonl").read_text(encoding="utf-8").splitlines())
    assert one["what"] == "tcm --help"
    assert one["ours"] > 0 < one["theirs"]
    assert one["command"] == "python benchmarks/startup.py --runs 5"
    page = (tmp_path / "benchmarks.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 1
    assert "import typer, rich" in page


def test_every_script_is_part_of_the_run() -> None:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    import everything

    scripts = {path.stem for path in (ROOT / "benchmarks").glob("*.py")} - {
        "measure",
        "pipeline",
        "verb_faults",
        "everything",
    }
    assert scripts == {job.name for job in everything.JOBS}
