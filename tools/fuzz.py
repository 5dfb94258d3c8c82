"""Coverage-guided fuzzing of a verb's step: bytes in, no exception out but RecordError (needs `pip install atheris`).

    python tools/fuzz.py check -max_total_time=300 -rss_limit_mb=4096

What follows the verb goes to libFuzzer. It begins with the damaged lines of tests/damaged.py, and mutates those that
reach code not reached before. A crash is written to ./crash-*: `python tools/fuzz.py check crash-…` runs it again.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.damaged import damaged

SEEDS = 400
LONGEST = 1 << 14


def main() -> None:
    """Fuzz the verb named first."""
    import atheris

    verb, *options = sys.argv[1:]
    with atheris.instrument_imports(include=["tcmkit"]):
        from tcmkit.jsonl.batch import StepRunner
        from tcmkit.jsonl.source import Line

        runner = StepRunner(step_of(verb))

    def one(data: bytes) -> None:
        outcome = runner([Line("-", 1, data.replace(b"\n", b" "))])
        tally = outcome.tally
        assert tally.read == tally.kept + tally.dropped.total() + tally.rejected.total()

    with tempfile.TemporaryDirectory() as corpus:
        for number, line in enumerate(damaged(SEEDS)):
            Path(corpus, str(number)).write_bytes(line)
        folder = [] if any(not option.startswith("-") for option in options) else [corpus]
        atheris.Setup([sys.argv[0], f"-max_len={LONGEST}", *options, *folder], one)
        atheris.Fuzz()


def step_of(verb: str) -> Callable[[Any], Any]:
    """The step of a verb as it is without options."""
    match verb:
        case "screen":
            from tcmkit.screen import Screener, Settings

            return Screener(Settings())
        case "modernize":
            from tcmkit.modernize import Moderniser

            return Moderniser()
        case "clean-tqs":
            from tcmkit import clean_tqs

            return clean_tqs.Cleaner(clean_tqs.Settings())
        case "classify":
            from tcmkit import classify

            return classify.Classifier(classify.Settings())
        case "gen-qa":
            from tcmkit import gen_qa

            return gen_qa.Generator(gen_qa.Settings())
        case "check":
            from tcmkit import safety

            return safety.Checker(safety.Settings())
        case "retrieve":
            from tcmkit import retrieve

            return retrieve.finder_of(retrieve.Settings())
        case _:
            raise SystemExit("fuzz.py: screen, modernize, clean-tqs, classify, gen-qa, check or retrieve")


if __name__ == "__main__":
    main()
