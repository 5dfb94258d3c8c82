"""Write what is generated: help in pages, the manual, completions, the index of the package's own formulas.

python tools/generate.py          write
python tools/generate.py --check  exit 1 if something written is out of date
"""

import io
import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

os.environ.update(TCM_LANG="en", COLUMNS="100", TERMINAL_WIDTH="100")  # before the help texts are chosen

import manpages
from typer.completion import get_completion_script

from tcmkit.cli.app import VERBS, app
from tcmkit.retrieve.indexing import build_embedded, embedded_is_stale

ROOT = Path(__file__).resolve().parent.parent
HELP_BLOCK = re.compile(r"(<!-- help: (?P<words>[\w -]+) -->\n).*?(<!-- end -->)", re.DOTALL)
SHELLS = {"bash": "tcm.bash", "zsh": "_tcm", "fish": "tcm.fish"}

BASH = r"""# Bash takes a colon for the end of a word, and names of models have one (gguf:model.gguf):
# words are split at blanks here, and what stands before the last colon is not offered a second time.
_tcm_completion() {
    local line="${COMP_LINE:0:COMP_POINT}" current="" IFS=$' \t\n'
    local words=($line)
    [[ "$line" == *[[:blank:]] ]] && words+=("") || current="${words[-1]}"
    IFS=$'\n'
    COMPREPLY=($(COMP_WORDS="${words[*]}" COMP_CWORD=$((${#words[@]} - 1)) _TCM_COMPLETE=complete_bash "$1"))
    [[ "$current" == *:* && "$COMP_WORDBREAKS" == *:* ]] && COMPREPLY=("${COMPREPLY[@]#"${current%"${current##*:}"}"}")
    return 0
}

complete -o default -o nospace -F _tcm_completion tcm tcmkit"""
"""In place of Typer's, which takes `gguf:model` for three words."""


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
        pages[ROOT / "completions" / name] = (BASH if shell == "bash" else script.strip()) + "\n"
    return pages | {ROOT / "man" / "en" / name: text for name, text in manpages.pages().items()} | chinese_manual()


def chinese_manual() -> dict[Path, str]:
    """The manual in Chinese, made by a process that speaks it."""
    printed = subprocess.run(
        [sys.executable, manpages.__file__, "zh"], capture_output=True, text=True, check=True
    ).stdout
    return {ROOT / "man" / "zh_CN" / name: text for name, text in json.loads(printed).items()}


def left_over(wanted: dict[Path, str]) -> list[Path]:
    """Manual pages of verbs that are no more."""
    return [path for path in sorted((ROOT / "man").rglob("*.1")) if path not in wanted]


def main() -> int:
    """Write, or with --check only compare; the exit status."""
    check = "--check" in sys.argv[1:]
    wanted = generated()
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"{'stale' if check else 'wrote'}: {path.relative_to(ROOT)}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
    for path in left_over(wanted):
        stale.append(path)
        print(f"{'stale' if check else 'removed'}: {path.relative_to(ROOT)}")
        if not check:
            path.unlink()
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
