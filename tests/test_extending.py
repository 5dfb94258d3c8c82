"""The verb that docs/extending.md writes down works as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
DRIVER = """
import sys, tcmkit.cli
from tcmkit.cli import app
tcmkit.__path__.append(sys.argv[1])
tcmkit.cli.__path__.append(sys.argv[1] + "/cli")
del sys.argv[1]
app.VERBS["shout"] = app.Verb("tcmkit.cli.shout:shout", "Capitals.")
tcmkit.cli.main()
"""


def test_the_verb_of_the_page_keeps_drops_and_rejects(tmp_path: Path) -> None:
    package, options = (re.sub("(?m)^   ", "", block) for block in re.findall(r"(?s)```python\n(.*?)```", PAGE)[:2])
    (tmp_path / "shout").mkdir()
    (tmp_path / "shout" / "__init__.py").write_text(package, encoding="utf-8")
    (tmp_path / "cli").mkdir()
    (tmp_path / "cli" / "shout.py").write_text(options, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(tmp_path), "shout", "--lang", "en"],
        input='{"text":"qi","n":1}\n{"text":""}\n{"text":3}\n', capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert '"text":"QI"' in done.stdout
    assert '"n":1' in done.stdout
    assert "dropped 1 (empty 1)" in done.stderr
    assert "rejected 1 (no_text 1)" in done.stderr


def test_the_files_that_the_page_names_exist() -> None:
    named = re.findall(r"`((?:tcmkit|tests)/[\w/.-]+\.(?:py|json|txt))`", PAGE)
    missing = [name for name in named if not (ROOT / name).exists()]
    assert set(missing) <= {"tcmkit/shout/__init__.py", "tcmkit/cli/shout.py", "tcmkit/data/prompts/TASK.txt"}
    assert len(named) > len(missing)
