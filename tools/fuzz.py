"""Coverage-guided fuzzing of a verb's step: bytes in, no exception out (needs `pip install atheris`).

    python tools/fuzz.py check -max_total_time=300 -rss_limit_mb=4096

What follows the verb goes to libFuzzer. It begins with the damaged lines of tests/damaged.py, and mutates those that
reach code not reached before. A crash is written to ./crash-*: `python tools/fuzz.py check crash-…` runs it again.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.damaged import damaged

SEEDS = 400
LONGEST = 1 << 14
Test = Callable[[bytes], None]


def main() -> None:
    """Fuzz the verb named first."""
    import atheris

    verb, *options = sys.argv[1:]
    if verb not in TESTS:
        raise SystemExit(f"fuzz.py: {', '.join(TESTS)}")
    with atheris.instrument_imports(include=["tcmkit"]):
        one = TESTS[verb]()
    with tempfile.TemporaryDirectory() as corpus:
        for number, line in enumerate(damaged(SEEDS)):
            Path(corpus, str(number)).write_bytes(line)
        folder = [] if any(not option.startswith("-") for option in options) else [corpus]
        atheris.Setup([sys.argv[0], f"-max_len={LONGEST}", *options, *folder], one)
        atheris.Fuzz()


def lines_through(step: Callable[[Any], Any]) -> Test:
    """A test that gives bytes to a step as one line of input, and looks at the balance."""
    from tcmkit.jsonl.batch import StepRunner
    from tcmkit.jsonl.source import Line

    runner = StepRunner(step)

    def one(data: bytes) -> None:
        tally = runner([Line("-", 1, data.replace(b"\n", b" "))]).tally
        assert tally.read == tally.kept + tally.dropped.total() + tally.rejected.total()

    return one


def _screen() -> Test:
    from tcmkit.screen import Screener, Settings

    return lines_through(Screener(Settings()))


def _modernize() -> Test:
    from tcmkit.modernize import Moderniser

    return lines_through(Moderniser())


def _clean_tqs() -> Test:
    from tcmkit.clean_tqs import Cleaner, Settings

    return lines_through(Cleaner(Settings()))


def _classify() -> Test:
    from tcmkit.classify import Classifier, Settings

    return lines_through(Classifier(Settings()))


def _gen_qa() -> Test:
    from tcmkit.gen_qa import Generator, Settings

    return lines_through(Generator(Settings()))


def _gen_prefs() -> Test:
    from tcmkit.gen_prefs import KINDS, Settings
    from tcmkit.gen_prefs.step import Planting

    return lines_through(Planting(Settings(0, KINDS, False)))


def _check() -> Test:
    from tcmkit.safety import Checker, Settings

    return lines_through(Checker(Settings()))


def _retrieve() -> Test:
    from tcmkit.retrieve import Settings, finder_of

    return lines_through(finder_of(Settings()))


def _decontaminate() -> Test:
    from tcmkit.decontaminate import Decontaminator, Settings

    return lines_through(Decontaminator(Settings((str(ROOT / "examples" / "sample" / "exam.jsonl"),))))


def _stats() -> Test:
    from tcmkit.stats import Settings
    from tcmkit.stats.step import Measurer

    return lines_through(Measurer(Settings()))


def _convert() -> Test:
    """Into each format that is written line by line, and back."""
    from tcmkit.convert import CONTENTS, Settings
    from tcmkit.convert.step import Converter

    pairs = [(Converter(Settings(name)), Converter(Settings("messages", name))) for name in CONTENTS]
    return lines_through(
        lambda record: [again for there, back in pairs for one in there(record) for again in back(one)]
    )


def _consult() -> Test:
    from tcmkit.consult import Settings
    from tcmkit.consult.step import ConsultStep, StepSettings

    return lines_through(ConsultStep(StepSettings(Settings())))


def _ingest() -> Test:
    """Bytes as a line, and as a file of each kind; every document is accounted for."""
    from tcmkit.ingest import Settings
    from tcmkit.ingest.prepare import Preparer
    from tcmkit.ingest.read import Whole
    from tcmkit.jsonl.source import Line

    preparer = Preparer(Settings(), keep_dropped=True)

    def one(data: bytes) -> None:
        assert preparer([Line("-", 1, data.replace(b"\n", b" "))]).items
        for name in ("a.txt", "a.html", "a.csv", "a.txt.gz", "a.txt.zst"):
            prepared = preparer(Whole(name, data))
            assert not (prepared.items and prepared.file_reject)

    return one


TESTS: dict[str, Callable[[], Test]] = {
    "ingest": _ingest,
    "screen": _screen,
    "modernize": _modernize,
    "clean-tqs": _clean_tqs,
    "classify": _classify,
    "gen-qa": _gen_qa,
    "gen-prefs": _gen_prefs,
    "check": _check,
    "decontaminate": _decontaminate,
    "retrieve": _retrieve,
    "stats": _stats,
    "convert": _convert,
    "consult": _consult,
}
"""What is done with bytes, by the verb, as it is without options."""


if __name__ == "__main__":
    main()
