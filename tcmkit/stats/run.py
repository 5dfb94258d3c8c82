"""`tcm stats` as a whole."""

from functools import partial

from tcmkit.errors import UsageError
from tcmkit.jsonl import Hooks, Options, Run, codec, run_steps
from tcmkit.jsonl.overwriting import refuse_overwriting
from tcmkit.jsonl.sink import Sink
from tcmkit.language import both
from tcmkit.stats.duplicates import Duplicates
from tcmkit.stats.page import page
from tcmkit.stats.report import Report, report
from tcmkit.stats.settings import Settings
from tcmkit.stats.step import Measurer, tokenizer
from tcmkit.stats.terminal import terminal_table


def run_stats(settings: Settings, options: Options) -> int:
    """Count `options.inputs` and write the report; the exit status. Raises TcmError."""
    if settings.html and settings.html == options.output:
        raise UsageError(both("two outputs have the same name", "两个输出同名"))
    refuse_overwriting(options.inputs, (settings.html,))
    if settings.tokenizer:
        tokenizer(settings.tokenizer)
    duplicates = Duplicates()

    def take(encoded: bytes) -> None:
        for line in encoded.splitlines():
            duplicates.add(int(codec.parse(line)["f"], 16))

    def at_end(run: Run) -> None:
        run.ledger.written = 0
        made = report(run.ledger.noted, duplicates, settings.tokenizer is not None)
        run.write(codec.dump(made) if settings.as_json else terminal_table(made, settings.top).encode("utf-8"))
        if settings.html:
            _write_page(made, settings)

    return run_steps("stats", partial(Measurer, settings), options, hooks=Hooks(take=take, at_end=at_end))


def _write_page(made: Report, settings: Settings) -> None:
    sink = Sink(settings.html)
    sink.write(page(made, settings.top).encode("utf-8"))
    sink.finish()
