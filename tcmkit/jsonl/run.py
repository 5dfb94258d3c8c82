"""One run of a verb from the first line to the exit status (DESIGN, section 1)."""

import base64
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tcmkit import errors
from tcmkit.errors import OutputError, StrictError, TcmError
from tcmkit.jsonl import codec
from tcmkit.jsonl.batch import DUPLICATE, Outcome, Reject
from tcmkit.jsonl.interrupts import Interrupts
from tcmkit.jsonl.ledger import Ledger
from tcmkit.jsonl.overwriting import refuse_overwriting
from tcmkit.jsonl.progress import tell
from tcmkit.jsonl.review import Review
from tcmkit.jsonl.shards import SHARD_BYTES, Shards, open_output
from tcmkit.jsonl.sink import ClosedPipe, Sink
from tcmkit.jsonl.source import check_inputs
from tcmkit.language import both
from tcmkit.text.decode import file_name

_NAMED_REJECTS = 5


@dataclass(frozen=True)
class Options:
    """What every data verb is told by the options they share."""

    inputs: tuple[str, ...] = ()
    """Files to read; none, or "-", is stdin."""
    also_read: tuple[str, ...] = ()
    """Files that a verb reads beside its inputs: no output may be one of them."""
    output: str | None = None
    rejects: str | None = None
    dropped: str | None = None
    summary: str | None = None
    review: int = 0
    """How many decisions to sample for people to judge."""
    review_file: str = "review.jsonl"
    strict: bool = False
    quiet: bool = False
    line_buffered: bool = False
    limit: int | None = None
    """Read at most so many records."""
    seed: int = 0
    jobs: int = 1
    shard_bytes: int = SHARD_BYTES
    """Most bytes, before compression, of each file of an output whose name has a star."""
    shard_records: int | None = None
    ray: str | None = None
    """Address of the Ray cluster that does the work, "local" to start one; `jobs` 0 is then all of it."""

    @property
    def processes(self) -> int:
        """One where each record must leave at once: several would wait for each other's input."""
        return 1 if self.line_buffered else self.jobs


class Run:
    """The outputs and the books of one run. A verb's own loop calls `accept` with each outcome."""

    def __init__(self, verb: str, options: Options, interrupts: Interrupts) -> None:
        """Open the outputs. Raises OutputError when one cannot be written."""
        self.options = options
        self.interrupts = interrupts
        self.ledger = Ledger(verb)
        self.take: Callable[[bytes], None] | None = None
        """Takes the lines of batches in place of the output, for a verb that writes something else at the end."""
        self._named = 0
        self._seen: set[bytes] = set()
        self._sinks: list[Sink | Shards | Review] = []
        try:
            self._rejects = self._open(options.rejects)
            self._dropped = self._open(options.dropped)
            self._review = self._open_review(options)
            self._output = open_output(options.output, options.shard_bytes, options.shard_records)
        except TcmError:
            self._discard()
            raise
        self._sinks.append(self._output)

    def _open(self, path: str | None) -> Sink | None:
        """A side file: it holds records that may be about patients, so it is its owner's only."""
        if path is None:
            return None
        sink = Sink(path, private=True)
        self._sinks.append(sink)
        return sink

    def _open_review(self, options: Options) -> Review | None:
        if not options.review:
            return None
        review = Review(options.review, options.review_file, options.seed)
        self._sinks.append(review)
        return review

    @property
    def wants_dropped(self) -> bool:
        """Whether dropped records are to be handed over."""
        return self._dropped is not None or self._review is not None

    def accept(self, outcome: Outcome) -> None:
        """Write what a batch gave and enter it in the books.

        Raises StrictError at the first reject of a run with --strict, ClosedPipe, OutputError.
        """
        with self.interrupts.held():
            if outcome.keyed:
                self._settle_duplicates(outcome)
            self.ledger.add(outcome.tally)
            if outcome.lines and self.take:
                self.take(outcome.lines)
            elif outcome.lines:
                self._output.write(outcome.lines, flush=self.options.line_buffered)
            for line in outcome.dropped:
                if self._dropped:
                    self._dropped.write(line)
            if self._review:
                _sample(self._review, outcome)
            for reject in outcome.rejects:
                self._enter_reject(reject)

    def write(self, data: bytes) -> None:
        """Write to the output what is no line of a batch. Raises as `accept` does."""
        with self.interrupts.held():
            self._output.write(data)

    def flush(self) -> None:
        """Let the reader of stdout have what is written so far. Raises ClosedPipe, OutputError."""
        with self.interrupts.held():
            self._output.flush()

    def _settle_duplicates(self, outcome: Outcome) -> None:
        """Let the first line of each key through; a record of which nothing is left is dropped."""
        lines: list[bytes] = []
        for keyed in outcome.keyed:
            new = []
            for key, line in zip(keyed.keys, keyed.lines, strict=True):
                if key not in self._seen:
                    self._seen.add(key)
                    new.append(line)
            if new or not keyed.lines:
                outcome.tally.kept += 1
                outcome.tally.written += len(new)
                lines += new
            else:
                outcome.tally.dropped[DUPLICATE.reason] += 1
                outcome.dropped += [keyed.duplicate] if keyed.duplicate else []
        outcome.lines = b"".join(lines)

    def _enter_reject(self, reject: Reject) -> None:
        if self._rejects:
            self._rejects.write(_reject_line(reject))
        elif not self.options.strict:
            self._name_on_stderr(reject)
        if self.options.strict:
            where = _describe(reject)
            raise StrictError(
                both(
                    f"--strict: {where}; correct it or run without --strict",
                    f"--strict：{where}；请改正，或去掉 --strict 再运行",
                )
            )

    def _name_on_stderr(self, reject: Reject) -> None:
        """The first few rejects are named; the rest are counted."""
        self._named += 1
        if self._named <= _NAMED_REJECTS:
            self.say(_describe(reject))
        elif self._named == _NAMED_REJECTS + 1:
            self.say(
                both(
                    "further rejects are only counted; --rejects FILE keeps them all",
                    "其余拒收行只计数；--rejects FILE 可全部保存",
                )
            )

    def say(self, message: str) -> None:
        """A line on stderr."""
        tell(f"tcm {self.ledger.verb}: {message}")

    def finish(self) -> int:
        """Give the files their names, write the summary, say the balance; the exit status."""
        for sink in self._sinks:
            sink.finish()
        status = errors.DONE_WITH_REJECTS if self._something_rejected() else errors.DONE
        self._write_summary(status)
        self.say_balance()
        return status

    def _something_rejected(self) -> bool:
        files = self.ledger.files
        return bool(self.ledger.rejected or (files and files["rejected"]))

    def keep(self, status: int) -> None:
        """After an interruption: what was done stays, under the name FILE.partial."""
        try:
            with suppress(ClosedPipe):  # Ctrl-C ended the reader of our pipe too
                if partial := self._output.keep_partial():
                    self.say(both(f"kept as {partial}", f"已保存为 {partial}"))
        finally:
            self._finish_side_files(status)
        self.say_balance()

    def abandon(self, status: int) -> None:
        """After a failure: the output is discarded, the rejects stay, the summary says how it ended."""
        self._output.discard()
        self._finish_side_files(status)

    def _finish_side_files(self, status: int) -> None:
        """Rejects, dropped, summary. What ended the run is the thing to report: a second failure is not."""
        for sink in self._sinks:
            if sink is not self._output:
                try:
                    sink.finish()
                except (OutputError, ClosedPipe):
                    sink.discard()
        with suppress(OutputError, ClosedPipe):
            self._write_summary(status)

    def _discard(self) -> None:
        for sink in self._sinks:
            sink.discard()

    def say_balance(self) -> None:
        """The balance, as the last line on stderr."""
        if not self.options.quiet:
            tell(self.ledger.balance())

    def _write_summary(self, status: int) -> None:
        if self.options.summary:
            summary = Sink(self.options.summary)
            summary.write(codec.dump(self.ledger.summary(self.options.seed, status)))
            summary.finish()


def conduct(verb: str, options: Options, body: Callable[[Run], None]) -> int:
    """Run `body` with open outputs and end as section 1 of the design says; the exit status.

    Raises TcmError, for the command line to print, after the outputs are put in order.
    """
    check_inputs(options.inputs)
    sample = options.review_file if options.review else None
    outputs = (options.output, options.rejects, options.dropped, options.summary, sample)
    refuse_overwriting((*(options.inputs or ("-",)), *options.also_read), outputs)
    with Interrupts() as interrupts:
        return _conduct(Run(verb, options, interrupts), body)


def _conduct(run: Run, body: Callable[[Run], None]) -> int:
    try:
        body(run)
        return run.finish()
    except ClosedPipe:
        run.abandon(errors.DONE)
        return errors.DONE
    except KeyboardInterrupt:
        run.keep(errors.INTERRUPTED)
        return errors.INTERRUPTED
    except StrictError as error:
        run.keep(error.exit_status)
        raise
    except BaseException as error:
        run.abandon(error.exit_status if isinstance(error, TcmError) else errors.FAILED)
        raise


def _sample(review: Review, outcome: Outcome) -> None:
    for line in outcome.lines.splitlines():
        review.saw("kept", line)
    for line in outcome.dropped:
        review.saw("dropped", line)


def _describe(reject: Reject) -> str:
    path = "stdin" if reject.path == "-" else file_name(reject.path)
    where = f"{path}:{reject.number}" if reject.number else path
    what = f"{reject.reason} ({reject.detail})" if reject.detail else reject.reason
    return f"{where}: {what}"


def _reject_line(reject: Reject) -> bytes:
    """The line for --rejects, with the raw line; in base64 if it is no UTF-8."""
    try:
        raw = {"raw": reject.raw.decode("utf-8").rstrip("\r\n")}
    except UnicodeDecodeError:
        raw = {"raw_base64": base64.b64encode(reject.raw).decode("ascii")}
    where = {"file": file_name(reject.path), "line": reject.number}
    return codec.dump({**where, "reason": reject.reason, "detail": reject.detail, **raw})
