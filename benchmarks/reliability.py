"""Faults on purpose, one after the other: what was tried, the command, what happened; a Markdown table.

    python benchmarks/reliability.py [--lines 10000] [--gigabytes 10] [--only NAME,NAME]

Every row checks what it says and stops the script when it is not so. Files lie in a folder of the script's own. Big
input is made on the fly and goes through a pipe of verbs (`big`, and a hundredth of it, `long`, through all that look
at each record alone): memory in the first tenth is held against memory later, for each process; all balances add up.
"""

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import verb_faults
from measure import TCM, say, table
from pipeline import Pipeline, Stage
from verb_faults import VERBS, Verb

ROOT = Path(__file__).resolve().parent.parent
SMALL = 1 << 16
"""Bytes that a file may have where the disk is said to be full."""
LINE = '{"id":"%d","prescription":"黑顺片10g，法半夏9g，桂枝%dg，炙甘草6g"}\n'
QUESTIONS = "gen-qa --keep-duplicates"
INGEST = "ingest --drop-worst 0 --no-exact-dup --no-url-dup --near-dup 0"
"""What is global of `ingest` is left away, and of `gen-qa`: it remembers by its nature (docs/scale.md)."""
SIGNS = "胃脘胀痛，两胁胀满，嗳气频作，纳差，寐欠安，口苦，咽干，头晕，心悸，乏力，自汗，腰膝酸软，便溏，咳嗽，痰黄稠"
HERBS = "桂枝，白芍，甘草，生姜，大枣，茯苓，白术，陈皮，柴胡，黄芩，当归，川芎"
CLAUSES = (
    "人身之气昼行于阳，夜行于阴，春生夏长，秋收冬藏，起居有常者少病，饮食不节则伤于脾，思虑太过则损其心，"
    "古人立法必先察其虚实，后辨其寒热，药之轻重随证而变，未可执一方以治万人，学者须于临证处细心体会，"
    "久病者当缓图之，新病者宜急去之，此言虽浅其理甚深，前贤论之详矣，今录其大略，以备后来参考"
)
Row = tuple[str, str, str]


class Bench:
    """A folder with an input, and what an undisturbed run makes of it."""

    def __init__(self, folder: Path, lines: int) -> None:
        self.folder = folder
        self.lines = lines
        (folder / "in.jsonl").write_text("".join(LINE % (n, 3 + n % 40) for n in range(lines)), encoding="utf-8")
        self.run("check in.jsonl -o right.jsonl")
        self.right = (folder / "right.jsonl").read_bytes()

    def run(self, arguments: str, **more: object) -> subprocess.CompletedProcess[bytes]:
        """A run of tcm in the folder."""
        command = [*TCM, *arguments.split(), "--lang", "en"]
        return subprocess.run(command, cwd=self.folder, capture_output=True, check=False, **more)  # type: ignore[call-overload, no-any-return]

    def shell(self, line: str) -> subprocess.CompletedProcess[bytes]:
        """A line for the shell, in which `tcm` is the program."""
        script = f'tcm() {{ "{sys.executable}" -m tcmkit "$@"; }}; {line}'
        return subprocess.run(["bash", "-c", script], cwd=self.folder, capture_output=True, check=False)


def must(condition: bool, what: str, ended: subprocess.CompletedProcess[bytes] | None = None) -> None:
    """Stop when something is not as it is said to be."""
    if not condition:
        raise SystemExit(f"reliability.py: not so: {what}\n{(ended.stderr if ended else b'').decode()[-2000:]}")


def one_line(ended: subprocess.CompletedProcess[bytes]) -> str:
    """What was said, which is one line."""
    lines = ended.stderr.decode().strip().splitlines()
    must(len(lines) == 1, "one line on stderr", ended)
    return f"`{lines[0]}`"


def killed(bench: Bench) -> Iterator[Row]:
    """kill -9 in the middle, then the same command again."""
    out = bench.folder / "out.jsonl"
    out.write_bytes(b"old\n")
    for written in (1, 1 << 20, 4 << 20):
        process = subprocess.Popen([*TCM, "check", "in.jsonl", "-o", "out.jsonl", "-q"], cwd=bench.folder)
        while sum(path.stat().st_size for path in bench.folder.glob(".out.jsonl.*")) < written:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        must(process.wait() == -signal.SIGKILL and out.read_bytes() == b"old\n", "the old file stands")
        for path in bench.folder.glob(".out.jsonl.*"):
            path.unlink()
    again = bench.run("check in.jsonl -o out.jsonl -q")
    must(again.returncode == 0 and out.read_bytes() == bench.right, "the second run is right", again)
    yield (
        "kill -9 after 1 byte, 1 MB and 4 MB were written",
        "`tcm check in.jsonl -o out.jsonl`",
        "the file that was there stands untouched, the hidden temporary file stays; the same command again writes the "
        "right bytes",
    )


def full(bench: Bench) -> Iterator[Row]:
    """No room: for stdout, and for a file."""
    ended = bench.shell("tcm check in.jsonl -q --lang en > /dev/full")
    must(ended.returncode == 1, "status 1", ended)
    yield "full disk below stdout", "`tcm check in.jsonl > /dev/full`", f"status 1, {one_line(ended)}"

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, SMALL))

    for target in ("full.jsonl", "full-*.jsonl"):
        ended = bench.run(f"check in.jsonl -q -o {target}", preexec_fn=limit)
        must(ended.returncode == 1 and not list(bench.folder.glob("*full*")), "nothing is left", ended)
        command = f"`ulimit -f 64; tcm check in.jsonl -o {target}`"
        yield "full disk below a file", command, f"status 1, nothing left behind, {one_line(ended)}"


def pipes(bench: Bench) -> Iterator[Row]:
    """Readers that go away, and streams that were closed before."""
    ended = bench.shell("tcm check in.jsonl -q | head -1 | wc -l; exit ${PIPESTATUS[0]}")
    must((ended.returncode, ended.stdout.strip(), ended.stderr) == (0, b"1", b""), "it ends quietly", ended)
    yield "the reader goes", "`tcm check in.jsonl \\| head -1`", "status 0, nothing on stderr"
    ended = bench.shell("tcm check in.jsonl -o out.jsonl 2>&-; exit $?")
    must(ended.returncode == 0 and (bench.folder / "out.jsonl").read_bytes() == bench.right, "right bytes", ended)
    yield "stderr closed", "`tcm check in.jsonl -o out.jsonl 2>&-`", "status 0, the right bytes"


def read_only(bench: Bench) -> Iterator[Row]:
    """A folder that nobody may write, root included."""
    for option in ("-o", "--rejects", "--summary"):
        ended = bench.run(f"check in.jsonl -q {option} /sys/out.jsonl")
        must(ended.returncode == 1, "status 1", ended)
        yield "read-only folder", f"`tcm check in.jsonl {option} /sys/out.jsonl`", f"status 1, {one_line(ended)}"


def each_verb(bench: Bench) -> Iterator[Row]:
    """Every verb under every fault; the clock is the C library's."""
    place = bench.folder / "each"
    place.mkdir()
    verb_faults.inputs(place, made_up(0.9e6)[1])
    faults: dict[str, Callable[[Verb], str]] = {
        "a full disk (tmpfs)": verb_faults.full,
        "a read-only folder": verb_faults.read_only,
        "the reader goes after a line": verb_faults.reader_goes,
        "kill -9 at 0.4, 0.6 and 0.8 of the time": verb_faults.killed,
    }
    if library := verb_faults.compiled_clock(place):
        faults["the clock jumps by a year at every look"] = lambda verb: verb_faults.clock_jumps(verb, library)
    verbs = [Verb(name, place) for name in VERBS]
    for fault, tried in faults.items():
        say(f"every verb: {fault}")
        for verb in verbs:
            wrong = tried(verb)
            must(not wrong, f"{fault}, tcm {verb.name}: {wrong}")
        yield f"{fault}, each of {len(verbs)} verbs", "`reliability.py --only verbs`", HAPPENED[fault.split()[1]]


HAPPENED = {
    "full": "status 1, one line on stderr, nothing left behind",
    "read-only": "status 1, one line on stderr",
    "reader": "the verb ends quietly",
    "-9": "the old file or the whole new one stands; the same command again writes the right bytes",
    "clock": "the right bytes",
}


def made_up(size: float) -> tuple[int, Iterator[bytes]]:
    """Documents as of old books, about `size` bytes: how many lines, and the blocks.

    Of twenty, one is a case record, two are formulas, the rest is prose; two hundred of them and two broken lines
    make a block. The next block has another number in each text, so no two documents are alike.
    """
    draw = random.Random(5)
    lines = [json.dumps({"id": f"@@-{n}", "text": text(n, draw)}, ensure_ascii=False) for n in range(200)]
    block = "".join(line + "\n" for line in [*lines, '{"text": "半行', '{"text": ""}'])
    count = max(3, round(size / len(block.encode())))
    return count * (len(lines) + 2), (block.replace("@@", str(number)).encode() for number in range(count))


def text(number: int, draw: random.Random) -> str:
    """A case record, a formula, or prose; `@@` is where the number of the block goes."""
    signs = "，".join(draw.sample(SIGNS.split("，"), 9))
    if number % 20 == 0:
        return f"第@@号记录。主诉：{signs}{draw.randint(2, 30)}天。舌红，苔薄黄，脉弦数。证属肝胃不和，治以疏肝和胃。"
    if number % 20 < 3:
        herbs = "".join(f"{herb}{draw.choice('一二三五')}钱，" for herb in draw.sample(HERBS.split("，"), 6))
        name = draw.choice(HERBS.split("，"))
        return f"【安{name}汤】治{signs}。{herbs}水煎温服。此第@@方，药性平和，久服不伤正气，忌生冷油腻。"
    clauses = CLAUSES.split("，")
    prose = ("，".join(draw.sample(clauses, 6)) + "。" for _ in range(12))
    return f"卷@@第{number}条。{''.join(prose)}"


def through(verbs: Sequence[str], gigabytes: float) -> Row:
    """Made-up records through a pipe of verbs: memory of each over time, and every balance."""
    lines, feed = made_up(gigabytes * 1e9)
    pipe = Pipeline([verb.split() for verb in verbs], ROOT)
    say(" | ".join(verbs))
    pipe.run(feed, gigabytes * 1e9)
    memory = ", ".join(map(Stage.said, pipe.stages))
    books = "; ".join(balance(stage) for stage in pipe.stages)
    say(f"{memory}; {books}; {pipe.seconds:,.0f} s")
    must(not (wrong := list(pipe.wrong(lines))), "; ".join(wrong))
    must(all(stage.held for stage in pipe.stages), f"memory holds: {memory}")
    command = f"`{' | '.join(['…', *(f'tcm {verb}' for verb in verbs)])}`".replace("|", r"\|")
    what = f"{pipe.fed / 1e9:.2g} GB made on the fly, {lines:,} lines"
    rate = pipe.fed / 1e6 / pipe.seconds
    return what, command, f"memory at most in the first tenth and after it: {memory}; {books}; {rate:.1f} MB/s"


def balance(stage: Stage) -> str:
    """What a verb read and wrote, which `through` checks."""
    books = stage.summary
    out = f"dropped {sum(books['dropped'].values()):,}, rejected {sum(books['rejected'].values()):,}"
    return f"`{stage.arguments[0]}` read {books['read']:,}, kept {books['kept']:,}, {out}"


def big(gigabytes: float) -> Iterator[Row]:
    """The pipe of the README on to a trainer's format, and the verb that reads anything."""
    yield through((INGEST, "clean-tqs", QUESTIONS, "convert --to alpaca"), gigabytes)
    yield through(("stats",), gigabytes)


def long(gigabytes: float) -> Iterator[Row]:
    """Every verb that looks at each record alone, one behind the other."""
    records = (INGEST, "screen", "modernize", "clean-tqs", "classify", "retrieve", "check")
    yield through((*records, QUESTIONS, "decontaminate --against examples/sample/exam.jsonl", "gen-prefs"), gigabytes)


def damage(lines: int) -> Iterator[Row]:
    """The tests on damaged lines, with as many lines as are wanted."""
    env = {**os.environ, "TCM_DAMAGED_LINES": str(lines)}
    command = [sys.executable, "-m", "pytest", "-q", "tests/test_reliability.py", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    must(done.returncode == 0, done.stdout[-3000:])
    yield (
        f"{lines:,} damaged lines for each of 17 verbs and variants",
        f"`TCM_DAMAGED_LINES={lines} pytest tests/test_reliability.py`",
        "read = kept + dropped + rejected, each reject kept with its line, no traceback, no patient's name on stderr",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--gigabytes", type=float, default=10.0)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), 6000)
        faults: dict[str, Callable[[], Iterator[Row]]] = {
            "killed": lambda: killed(bench),
            "full": lambda: full(bench),
            "pipes": lambda: pipes(bench),
            "read-only": lambda: read_only(bench),
            "verbs": lambda: each_verb(bench),
            "damage": lambda: damage(options.lines),
            "long": lambda: long(options.gigabytes / 100),
            "big": lambda: big(options.gigabytes),
        }
        only = options.only.split(",") if options.only else list(faults)
        if unknown := [name for name in only if name not in faults]:
            parser.error(f"--only {unknown[0]}: there are {', '.join(faults)}")
        for what in only:
            say(f"{what} …")
            rows += faults[what]()
    print(table(("what was tried", "command", "what happened"), rows).replace("---:", "---"))


if __name__ == "__main__":
    main()
