"""What holds the structure together, read from the code itself."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tcmkit.cli.app import VERBS
from tests.conftest import Run

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "tcmkit"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Imports point to the same part or to a lower number. A verb that builds on another stands above it.
LAYERS = {
    "cli": 9,
    "consult": 8,
    "evaluate": 8,
    "train": 5,
    "export": 5,
    "retrieve": 7,
    "classify": 6,
    "gen_prefs": 6,
    "ingest": 5,
    "screen": 5,
    "modernize": 5,
    "clean_tqs": 5,
    "gen_qa": 5,
    "safety": 5,
    "convert": 5,
    "stats": 5,
    "decontaminate": 5,
    "doctor": 5,
    "llm": 4,
    "jsonl": 4,
    "exam": 4,
    "herbs": 3,
    "literature": 4,
    "text": 3,
    "tables": 3,
    "records": 2,
    "errors": 1,
    "language": 1,
}
VERB_LAYERS = (5, 6, 7, 8)
HEAVY = (
    *("torch", "transformers", "trl", "datasets", "faiss", "llama_cpp", "aiohttp", "asyncio"),
    *("numpy", "pydantic", "selectolax", "pypdf", "opencc", "orjson"),
)


def part_of(path: Path) -> str:
    """The part of the package that a module belongs to."""
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports_of(path: Path) -> Iterator[tuple[str, bool]]:
    """Parts of tcmkit that a module imports, wherever in the module, and whether it reaches into their inside."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = (
                [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "tcmkit" else [node.module]
            )
        for name in names:
            parts = name.split(".")
            if parts[0] == "tcmkit" and len(parts) > 1 and parts[1] in LAYERS:
                yield parts[1], len(parts) > 2


def test_every_part_has_a_layer() -> None:
    assert {part_of(path) for path in MODULES} - {"__init__", "__main__"} == set(LAYERS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    part = part_of(path)
    if part in ("__init__", "__main__"):
        return
    for imported, inside in imports_of(path):
        if imported == part:
            continue
        assert LAYERS[imported] <= LAYERS[part], f"{part} imports {imported}, which stands above it"
        if LAYERS[imported] in VERB_LAYERS and part != "cli":
            assert LAYERS[imported] < LAYERS[part], f"{part} imports {imported}: what two verbs need moves down"
            assert not inside, f"{part} reaches into {imported}: import its public names from tcmkit.{imported}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_command_line_and_the_pipe_touch_the_terminal(path: Path) -> None:
    if part_of(path) in ("cli", "jsonl"):
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not (isinstance(node, ast.Name) and node.id == "print"), f"{path.name}:{node.lineno} prints"
        assert not (
            isinstance(node, ast.Attribute)
            and node.attr in ("stdin", "stdout")
            and ast.unparse(node) in ("sys.stdin", "sys.stdout")
        ), f"{path.name}:{node.lineno} uses {ast.unparse(node)}"
        modules = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        assert "typer" not in [module.partition(".")[0] for module in modules], f"{path.name} imports typer"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_are_small(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= 320
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= 50, f"{node.name} has {length} lines"
            assert len(node.args.args) + len(node.args.kwonlyargs) <= 7, f"{node.name} has many parameters"


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["ingest", "--help"], ["gen-qa", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from tcmkit.cli.app import app\n"
        f"try: app({arguments!r}, standalone_mode=False)\n"
        "except SystemExit: pass\n"
        "print('LOADED', *sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    loaded = done.stdout.rpartition("LOADED")[2].split()
    own_doing = [name for name in HEAVY if name != "pydantic" or arguments == ["--help"]]  # Typer loads it for a verb
    assert [name for name in own_doing if name in loaded] == []


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(("language", "heading"), [("en", "Example:"), ("zh", "示例：")])
def test_every_verb_has_help_with_a_pipe(tcm: Run, verb: str, language: str, heading: str) -> None:
    done = tcm(verb, "--help", env={"TCM_LANG": language})
    assert done.status == 0
    lines = done.out.decode("utf-8").splitlines()
    assert (
        lines[2].strip()
        == tcm("--help", env={"TCM_LANG": language}).out.decode("utf-8").split(f"  {verb} ")[1].split("\n")[0].strip()
    )
    assert lines[lines.index(f"  {heading}") + 1].strip().startswith("tcm ")
