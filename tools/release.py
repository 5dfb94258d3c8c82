"""Build the wheel and use it, with each extra alone, in an environment that holds nothing else.

    python tools/release.py --try [EXTRA ...]   build and use; what .ci/run does
    python tools/release.py                     and write what goes with a release: in dist/ a bill of materials
                                                (CycloneDX) for each extra, and docs/third-party.md with the licences

Run it with the interpreter of the development environment: the extras that load models want the tests' tiny ones.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
SAMPLE = ROOT / "examples"
BASE = ""
AT_ONCE = 2
"""Environments made side by side: mostly waiting for pip."""
NEEDS_CUDA = {
    "gpu": "faiss-gpu installs gigabytes of CUDA libraries and refuses to load without a GPU",
    "vllm": "vLLM installs gigabytes of CUDA libraries",
}
"""Extras that are not tried, and why."""

USES = {
    BASE: [
        """printf '{"text":"咳嗽3天，痰黄，舌红苔薄黄，脉浮数。"}\n' | tcm clean-tqs --quiet | grep -q '"tongue"'""",
        "tcm retrieve --query 咳嗽痰黄 | grep -q hits",
        "tcmkit doctor",
        "test -f $ENVIRONMENT/share/man/man1/tcm-check.1",
        "test -f $ENVIRONMENT/share/bash-completion/completions/tcm",
    ],
    "gguf": ["tcm eval exam $SAMPLE/sample/exam.jsonl --llm gguf:$MODELS/tiny.gguf --limit 2 --no-cache"],
    "train": ["tcm eval exam $SAMPLE/sample/exam.jsonl --llm hf:$MODELS/hf --limit 2 --no-cache"],
    "data": [
        """printf '{"question":"问","answer":"答"}\n' > qa.jsonl""",
        "tcm convert qa.jsonl --to parquet -o qa.parquet && test -s qa.parquet",
    ],
    "pdf": ["tcm ingest $SAMPLE/papers --journals $SAMPLE/journals.csv --offline --drop-worst 0 | grep -q journal"],
    "eval": ["""printf '{"prediction":"舌红","references":["舌红苔黄"]}\n' | tcm eval text --quiet | grep -q rouge"""],
    "onnx": ["python -c 'import onnx, onnxruntime, onnxscript, tokenizers'"],
    "ray": ["""printf '{"text":"咳嗽3天"}\n' | tcm clean-tqs --quiet --ray local | grep -q 咳嗽"""],
    "dense": [
        """printf 'name,composition,indications\n甲汤,麻黄9g 杏仁9g,咳嗽气喘\n乙汤,黄连6g,口苦\n' > ward.csv""",
        "tcm retrieve index ward.csv -o ward && tcm retrieve --index ward --query 咳嗽气喘 | grep -q 甲汤",
    ],
}
"""Shell lines that use an extra; each must succeed."""

FOUND = """
import json, re
from importlib.metadata import distributions
def licence(meta):
    said = meta.get("License-Expression") or ""
    if not said:
        marks = [line.split("::") for line in meta.get_all("Classifier") or [] if line.startswith("License ::")]
        said = ", ".join(mark[-1].strip() for mark in marks if len(mark) > 2)
    return said or (meta.get("License") or "not stated").strip().splitlines()[0][:60]
print(json.dumps({d.metadata["Name"].lower().replace("_", "-"): licence(d.metadata) for d in distributions()}))
"""
STRICT = ("GPL", "MPL", "General Public", "Mozilla", "not stated")
"""Parts of the names of licences that ask something of those who pass the software on, or that nobody knows."""


def main() -> int:
    """Try the extras named, or all; without --try, write what goes with a release."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("extras", nargs="*", metavar="EXTRA", help="all when none is named")
    parser.add_argument("--try", action="store_true", dest="only_try", help="build and use, write no page")
    asked = parser.parse_args()
    wheel = build()
    with tempfile.TemporaryDirectory() as folder:
        models = make_models(Path(folder))
        extras = asked.extras or list(USES)

        def tried(extra: str) -> dict[str, str]:
            place = Path(folder) / (extra or "base")
            found = used(wheel, extra, place, models)
            if not asked.only_try:
                write_materials(place, extra)
            shutil.rmtree(place)
            return found

        with ThreadPoolExecutor(AT_ONCE) as pool:
            licences = dict(zip(extras, pool.map(tried, extras), strict=True))
    if not (asked.only_try or asked.extras):
        (ROOT / "docs" / "third-party.md").write_text(page(licences), encoding="utf-8")
    return 0


def build() -> Path:
    """The wheel, and the source archive beside it, built anew."""
    shutil.rmtree(DIST, ignore_errors=True)
    run([sys.executable, "-m", "build", "--outdir", str(DIST), str(ROOT)])
    return next(DIST.glob("*.whl"))


def make_models(folder: Path) -> Path:
    """The tests' tiny models."""
    models = folder / "models"
    models.mkdir()
    run([sys.executable, str(ROOT / "tests" / "tiny_model.py"), str(models)])
    return models


def used(wheel: Path, extra: str, place: Path, models: Path) -> dict[str, str]:
    """Install the wheel with one extra in a new environment and use it there; the licences of all that is in it."""
    venv.create(place, with_pip=True)
    python = str(place / "bin" / "python")
    target = f"{wheel}[{extra}]" if extra else str(wheel)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--constraint", str(ROOT / "constraints.txt"), target])
    away = place / "away"  # from the checkout, whose modules must not be found
    away.mkdir()
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    env |= {"PATH": f"{place / 'bin'}:{env['PATH']}", "ENVIRONMENT": str(place), "MODELS": str(models)}
    env |= {"SAMPLE": str(SAMPLE), "TCM_LANG": "en"}
    whole = [f"tcm doctor | grep -qF '✓ [{extra}]'"] if extra else []
    for line in whole + USES[extra]:
        run(["sh", "-c", line], cwd=away, env=env)
    print(f"{extra or 'base'}: used", flush=True)
    return dict(json.loads(subprocess.run([python, "-c", FOUND], capture_output=True, text=True, check=True).stdout))


def run(command: list[str], cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    """Run it, showing what it says only when it fails; the script ends there."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}{done.stderr}")


def write_materials(place: Path, extra: str) -> None:
    """What an environment holds, as CycloneDX."""
    out = DIST / f"tcmkit-{extra or 'base'}.cdx.json"
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", "--of", "JSON"]
    run([*command, "--pyproject", str(ROOT / "pyproject.toml"), "-o", str(out), str(place / "bin" / "python")])


def page(licences: dict[str, dict[str, str]]) -> str:
    """The licences, by what brings a package in: the base first, then what each extra adds to it."""
    lines = [PREFACE]
    base = licences[BASE]
    for extra, packages in licences.items():
        added = {name: text for name, text in packages.items() if extra == BASE or name not in base}
        lines += [f"\n## {f'Extra `[{extra}]`' if extra else 'Base'}\n", "| package | licence |", "|---|---|"]
        for name, text in sorted(added.items()):
            if name not in ("tcmkit", "pip", "setuptools"):
                strict = any(part in text for part in STRICT)
                lines.append(f"| {name} | {f'**{text}**' if strict else text} |")
    lines += ["\n## Not listed\n", *(f"- `[{extra}]`: {why}." for extra, why in NEEDS_CUDA.items())]
    return "\n".join(lines) + "\n"


PREFACE = """# Licences of other people's packages

tcmkit is under the Apache License 2.0 and holds no code of others. It uses the packages below, each installed from its
own source under its own licence, as its metadata states it. **Bold**: a licence that asks something of those who pass
the package on, or none that is stated; read it before you do. Written by `python tools/release.py` where PyTorch is the
one for the CPU (that for CUDA brings NVIDIA's libraries under its own licences); it also writes a bill of materials for
each extra."""


if __name__ == "__main__":
    sys.exit(main())
