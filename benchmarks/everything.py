"""Every benchmark in one run: what ours takes, what a user would take instead, one Markdown table, one page with plots.

    python benchmarks/everything.py -o report [--books DIR] [--cases FILE] [--formulas FILE] [--exam FILE]
                                    [--gold FILE] [--harness PYTHON] [--scratch DIR] [--only NAME,NAME] [--quick]
                                    [--no-peers]

Without inputs, what needs none is run, and the rest is listed as not run. report/ gets benchmarks.md,
benchmarks.html, figures.jsonl, and what each script printed. Peers that tcmkit does not depend on (datatrove) are
installed into report/peers, an environment of their own.
"""

import argparse
import html
import json
import math
import os
import platform
import subprocess
import sys
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import TCM, say, table

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Job:
    """A benchmark: its script and arguments. `{name}` is an input; `quick` replaces the arguments for a short run."""

    name: str
    arguments: tuple[str, ...] = ()
    quick: tuple[str, ...] | None = None
    peers: tuple[str, ...] = ()
    python: str = ""
    """The input that names the Python to run it with, if not this one."""

    def needs(self) -> list[str]:
        """The inputs without which it cannot run."""
        asked = [part[1:-1] for part in self.arguments if part.startswith("{") and part != "{peers}"]
        return [*asked, self.python] if self.python else asked


JOBS = (
    Job("startup", quick=("--runs", "5")),
    Job("ingest", ("{books}",), quick=("{books}", "--runs", "1"), peers=("--datatrove-python", "{peers}")),
    Job("near_dup", ("{documents}",)),
    Job("verbs", ("{documents}", "{cases}"), quick=("{documents}", "{cases}", "--records", "4000", "--runs", "1")),
    Job("clean_tqs_quality", ("{gold}",)),
    Job("modernize", ("{documents}", "{cases}")),
    Job("classify", ("{cases}",)),
    Job("classify_fit", ("{cases}",), quick=("{cases}", "--records", "0")),
    Job("decontaminate", ("{exam}",), quick=("{exam}", "--most", "100")),
    Job("check", quick=("--prescriptions", "4000")),
    Job("retrieve", ("{formulas}",), quick=("{formulas}", "--formulas", "10000", "--queries", "30")),
    Job("consult", ("{cases}",), quick=("{cases}", "--limit", "20")),
    Job("llm", ("10000", "3"), quick=("1000", "1")),
    Job("exam_logprob", ("--harness", "{harness}"), quick=("--harness", "{harness}", "--items", "20", "--shots", "0")),
    Job("text_metrics", quick=("--pairs", "20"), python="harness"),
    Job("classify_encoder", quick=("--cases", "4", "--rounds", "1")),
    Job("consult_model", quick=("--count",)),
    Job(
        "export",
        ("{scratch}",),
        quick=("{scratch}", "--layers", "2", "--vocabulary", "2048"),
    ),
    Job("scale", ("{books}", "{cases}"), quick=("{books}", "{cases}", "--records", "200", "--runs", "1")),
    Job("reliability", quick=("--lines", "100", "--gigabytes", "0.01")),
    Job("train", quick=("--rounds", "1", "--steps", "16", "--length", "128")),
    Job("train_grpo", quick=("--rounds", "1", "--steps", "8", "--new", "8")),
    Job("memory", ("{books}",), quick=("{books}", "--copies", "2", "--documents", "16384")),
)


def main() -> int:
    """Run what can be run; 1 when a script failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", dest="report", type=Path, required=True, metavar="DIR")
    for name, what in INPUTS.items():
        parser.add_argument(f"--{name}", type=Path, help=what)
    parser.add_argument("--only", default="", help="these scripts, joined by commas")
    parser.add_argument("--quick", action="store_true", help="small runs: whether it works, not what it takes")
    parser.add_argument("--no-peers", action="store_true", help="install nothing")
    options = parser.parse_args()
    options.report.mkdir(parents=True, exist_ok=True)
    inputs = {name: str(path.resolve()) for name in INPUTS if (path := getattr(options, name))}
    names = {job.name for job in JOBS}
    only = set(options.only.split(",")) if options.only else names
    if unknown := only - names:
        parser.error(f"--only {','.join(sorted(unknown))}: there are {', '.join(sorted(names))}")
    jobs = [job for job in JOBS if job.name in only]
    if "books" in inputs and any("documents" in job.needs() for job in jobs):
        inputs["documents"] = str(documents_of(inputs["books"], options.report))
    if any(job.peers for job in jobs) and not options.no_peers and "books" in inputs:
        inputs["peers"] = str(peers(options.report / "peers"))
    results = [carried_out(job, inputs, options.report, options.quick) for job in jobs]
    write(options.report, results)
    return int(any(result.status for result in results))


INPUTS = {
    "books": "a folder of old books",
    "cases": "labelled cases, JSON Lines with text and syndrome or norm_syndrome",
    "formulas": "formulas, JSON Lines with name, composition, indications",
    "exam": "examination questions, JSON Lines with question, options, answer",
    "harness": "a Python with lm-eval, rouge-score and bert-score, for exam_logprob and text_metrics",
    "scratch": "a folder with room for a model of 0.5B weights, for export",
    "gold": "records annotated by a person, for clean_tqs_quality",
}


@dataclass(frozen=True)
class Result:
    """What became of a benchmark: its figures, or why there are none."""

    job: Job
    command: str
    figures: tuple[dict[str, Any], ...] = ()
    missing: tuple[str, ...] = ()
    status: int = 0
    seconds: float = 0.0


def carried_out(job: Job, inputs: dict[str, str], report: Path, quick: bool) -> Result:
    """Run the script; its output goes to a file of its own."""
    wanted = job.quick if quick and job.quick is not None else job.arguments
    wanted += job.peers if "peers" in inputs else ()
    said = (part.strip("{}").upper() if "{" in part else part for part in wanted)
    shown = " ".join(("python", f"benchmarks/{job.name}.py", *said))
    missing = tuple(name for name in job.needs() if name not in inputs)
    if missing:
        return Result(job, shown, missing=missing)
    say(shown)
    figures, started = report / f"{job.name}.jsonl", time.perf_counter()
    figures.unlink(missing_ok=True)
    arguments = [inputs[part[1:-1]] if part.startswith("{") else part for part in wanted]
    with (report / f"{job.name}.txt").open("w", encoding="utf-8") as out:
        python = inputs[job.python] if job.python else sys.executable
        command = [python, str(HERE / f"{job.name}.py"), *arguments]
        done = subprocess.run(
            command, stdout=out, stderr=out, env={**os.environ, "TCM_FIGURES": str(figures)}, check=False
        )
    lines = figures.read_text(encoding="utf-8").splitlines() if figures.exists() else []
    return Result(job, shown, tuple(map(json.loads, lines)), (), done.returncode, time.perf_counter() - started)


def documents_of(books: str, report: Path) -> Path:
    """The books as documents, for the benchmarks that begin there."""
    out = report / "documents.jsonl"
    say("tcm ingest BOOKS")
    subprocess.run([*TCM, "ingest", books, "-o", str(out), "--quiet", "--jobs", "0"], check=False)
    return out


def peers(place: Path) -> Path:
    """A Python of its own with the peers that we do not depend on."""
    python = place / "bin" / "python"
    if not python.exists():
        say("installing peers: datatrove")
        venv.create(place, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "datatrove[processing]==0.10.*", "orjson"], check=True)
    return python


def write(report: Path, results: list[Result]) -> None:
    """The table, the page, and the figures for programs."""
    lines = [{**one, "command": result.command} for result in results for one in result.figures]
    (report / "figures.jsonl").write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines), "utf-8")
    (report / "benchmarks.md").write_text(markdown(results), "utf-8")
    (report / "benchmarks.html").write_text(page(results), "utf-8")
    say(f"wrote {report / 'benchmarks.md'} and benchmarks.html")


def machine() -> str:
    """Where and when."""
    where = f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
    return f"{time.strftime('%Y-%m-%d')}, {where}, load at the end {os.getloadavg()[0]:.1f}"


HEADER = ("what", "ours", "instead", "theirs", "ours / theirs", "command")


def rows(results: list[Result]) -> list[tuple[str, ...]]:
    """A row for each figure, and one for each benchmark that has none."""
    made: list[tuple[str, ...]] = []
    for result in results:
        if result.missing or result.status or not result.figures:
            made.append((result.job.name, state(result), "", "", "", f"`{result.command}`"))
        for one in result.figures:
            theirs = "" if one["theirs"] is None else f"{number(one['theirs'])} {one['unit']}"
            ratio = f"{one['ours'] / one['theirs']:.2f}" if one["theirs"] else ""
            made.append(
                (
                    one["what"],
                    f"{number(one['ours'])} {one['unit']}",
                    one["beside"],
                    theirs,
                    ratio,
                    f"`{result.command}`",
                )
            )
    return made


def state(result: Result) -> str:
    """Why there is no figure."""
    if result.missing:
        return f"not run: needs {', '.join('--' + name for name in result.missing)}"
    return (
        f"failed with status {result.status}, see {result.job.name}.txt"
        if result.status
        else f"see {result.job.name}.txt"
    )


def number(value: float) -> str:
    """Three digits that say something.

    >>> number(12345.6), number(0.01234), number(2.5)
    ('12,346', '0.0123', '2.50')
    """
    if value == 0 or not math.isfinite(value):
        return str(value)
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}"


def markdown(results: list[Result]) -> str:
    """One table."""
    return f"# Benchmarks\n\n{machine()}\n\n{table(HEADER, rows(results))}\n"


BAR, WIDTH = 22, 420


def page(results: list[Result]) -> str:
    """The same with a plot: for each pair, the share of the longer bar, whatever the unit."""
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows(results))
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in HEADER)
    plots = "".join(plot(one) for result in results for one in result.figures if one["theirs"])
    title, where = "tcmkit benchmarks", html.escape(machine())
    start = f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{STYLE}</style>"
    return f"{start}<h1>{title}</h1><p>{where}</p>{plots}<table><tr>{head}</tr>{body}</table></html>\n"


def plot(one: dict[str, Any]) -> str:
    """Two bars on one scale."""
    longest = max(one["ours"], one["theirs"])
    bars = []
    for at, (name, value) in enumerate((("tcmkit", one["ours"]), (one["beside"], one["theirs"]))):
        width, y = max(2, WIDTH * value / longest), at * BAR
        bars.append(
            f'<text x="230" y="{y + 15}" text-anchor="end">{html.escape(shortened(name))}</text>'
            f'<rect x="238" y="{y + 3}" width="{width:.0f}" height="{BAR - 7}" class="b{at}"/>'
            f'<text x="{246 + width:.0f}" y="{y + 15}">'
            f"{number(value)} {html.escape(one['unit'])}</text>"
        )
    return f'<h2>{html.escape(one["what"])}</h2><svg width="860" height="{2 * BAR}" role="img">{"".join(bars)}</svg>'


def shortened(name: str) -> str:
    """As much of a name as stands beside a bar."""
    return name if len(name) <= 32 else f"{name[:31]}…"


STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em; color: #222 }
h2 { font-size: 1em; margin: 1.2em 0 .2em }
text { font-size: 13px } .b0 { fill: #2b6c5f } .b1 { fill: #c9b458 }
table { border-collapse: collapse; margin-top: 2em }
td, th { border: 1px solid #ddd; padding: .3em .6em; text-align: left; vertical-align: top }
"""


if __name__ == "__main__":
    sys.exit(main())
