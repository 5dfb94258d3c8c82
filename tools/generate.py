"""Write what is generated: help in README.md and docs/, completions, the index of the package's own formulas.

python tools/generate.py          write
python tools/generate.py --check  exit 1 if something written is out of date
"""

import io
import os
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path

os.environ.update(TCM_LANG="en", COLUMNS="100", TERMINAL_WIDTH="100")  # before the help texts are chosen

from typer.completion import get_completion_script

from tcmkit.cli.app import VERBS, app
from tcmkit.retrieve.indexing import build_embedded, embedded_is_stale

ROOT = Path(__file__).resolve().parent.parent
HELP_BLOCK = re.compile(r"(<!-- help: (?P<words>[\w -]+) -->\n).*?(<!-- end -->)", re.DOTALL)
SHELLS = {"bash": "tcm.bash", "zsh": "_tcm", "fish": "tcm.fish"}


def help_of(words: str) -> str:
    """What `tcm WORDS --help` prints."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        app([*words.split()[1:], "--help"], prog_name="tcm", standalone_mode=False)
    return "\n".join(line.rstrip() for line in printed.getvalue().strip().splitlines())


def with_help(text: str) -> str:
    """A page with each help block written anew."""
    return HELP_BLOCK.sub(lambda m: f"{m[1]}```text\n{help_of(m['words'])}\n```\n{m[3]}", text)


def page_path(verb: str) -> Path:
    """Where a verb is documented: verbs with the same first word share a page."""
    return ROOT / "docs" / f"{verb.partition(' ')[0]}.md"


def verb_page(path: Path) -> str:
    """A page of verbs: kept as written but for its help blocks; a verb that has none gets a plain one."""
    text = path.read_text(encoding="utf-8") if path.exists() else f"# tcm {path.stem}\n"
    for verb in VERBS:
        if page_path(verb) == path and f"<!-- help: tcm {verb} -->" not in text:
            text += f"\n<!-- help: tcm {verb} -->\n<!-- end -->\n"
    return with_help(text)


def generated() -> dict[Path, str]:
    """Every generated file and what it should hold."""
    pages = {
        ROOT / name: with_help((ROOT / name).read_text(encoding="utf-8")) for name in ("README.md", "README.zh.md")
    }
    pages |= {path: verb_page(path) for path in {page_path(verb) for verb in VERBS}}
    for shell, name in SHELLS.items():
        script = get_completion_script(prog_name="tcm", complete_var="_TCM_COMPLETE", shell=shell)
        pages[ROOT / "completions" / name] = script.strip() + "\n"
    return pages


def main() -> int:
    """Write, or with --check only compare; the exit status."""
    check = "--check" in sys.argv[1:]
    stale = [
        path for path, text in generated().items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in stale:
        print(f"{'stale' if check else 'wrote'}: {path.relative_to(ROOT)}")
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(generated()[path], encoding="utf-8")
    stale_index = embedded_is_stale()
    if stale_index:
        print(f"{'stale' if check else 'wrote'}: the index of the package's own formulas")
        if not check:
            build_embedded()
    if check and (stale or stale_index):
        print("run  make docs")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
