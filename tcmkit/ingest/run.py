"""`tcm ingest` as a whole: documents from all processes, in order, past the filters that need the others."""

import os
from collections import Counter
from contextlib import closing
from functools import partial

import orjson

from tcmkit.errors import StrictError
from tcmkit.ingest import discover
from tcmkit.ingest.journals import JournalTable
from tcmkit.ingest.near_dup import Candidate, NearDuplicates
from tcmkit.ingest.perplexity import PerplexityFilter
from tcmkit.ingest.prepare import Dropped, Item, Prepared, Preparer, Ready
from tcmkit.ingest.repeated import RepeatedIds
from tcmkit.ingest.settings import Settings
from tcmkit.ingest.sketch import without_space
from tcmkit.ingest.spool import Spool
from tcmkit.jsonl import Options, Outcome, Reject, Run, Tally, codec, conduct, dropped_line
from tcmkit.jsonl.progress import Progress
from tcmkit.jsonl.workers import spread
from tcmkit.language import both
from tcmkit.records import Drop


def run_ingest(settings: Settings, options: Options) -> int:
    """Ingest `options.inputs` (files, folders, "-"; none is stdin); the exit status.

    Raises TcmError.
    """

    def body(run: Run) -> None:
        with Spool() as spool:
            _Ingest(settings, run, spool).go()

    return conduct("ingest", options, body)


class _Ingest:
    """One run: what has been seen so far, and the way of a document past it."""

    def __init__(self, settings: Settings, run: Run, spool: Spool) -> None:
        self._settings = settings
        self._run = run
        self._spool = spool
        self._urls: set[str] = set()
        self._digests: set[bytes] = set()
        self._ids = RepeatedIds()
        self._settled = 0
        """Documents of the spool that are in the books."""
        self._released = 0
        """Documents of the spool that have left it."""
        self._perplexity = PerplexityFilter(settings, spool)
        self._near = NearDuplicates(settings.near_dup, spool.compact_text) if settings.near_dup else None
        self._files = {"read": 0, "rejected": 0}
        self._journals = JournalTable(settings.journal_table) if settings.literature else None
        self._notes: dict[str, Counter[str]] = {}

    def go(self) -> None:
        """Read everything, then let the perplexity filter decide what it has held back."""
        options = self._run.options
        self._run.ledger.files = self._files
        if self._perplexity.holds_back and not options.quiet:
            self._say_why_it_waits()
        wanted = () if options.limit == 0 else options.inputs or ("-",)
        paths = list(discover.files(wanted, self._reject_folder))
        group = 1 if options.line_buffered else min(128, options.limit or 128)
        units = discover.units(iter(paths), group, self._begin_lines, carry=options.ray is not None)
        preparer = partial(Preparer, self._settings, self._run.wants_dropped)
        progress = Progress("ingest", None if "-" in paths else len(paths), options.quiet)
        try:
            with closing(spread(preparer, units, options)) as several:
                for prepared in several:
                    if self._take(prepared):
                        break
                    progress.update(self._files["read"], self._run.ledger.read)
            self._release()
            self._say_repeated_ids()
            if self._journals:
                self._journals.finish(self._run.say)
        except (KeyboardInterrupt, StrictError):
            self._release_unjudged()
            raise
        finally:
            progress.close()
            self._perplexity.close()
            self._write_notes()
            if self._journals:
                self._journals.discard()

    def _say_why_it_waits(self) -> None:
        share = f"{self._settings.drop_worst:.0%}"
        message = both(
            f"the {share} with the highest perplexity are known only at the end, so documents wait on disk; "
            "--drop-worst 0 lets them flow",
            f"困惑度最高的 {share} 要到最后才能确定，文档先暂存磁盘；--drop-worst 0 可边读边写",
        )
        self._run.say(message)

    def _begin_lines(self, path: str) -> None:
        """Stdin is no file; a file of JSON lines is."""
        self._files["read"] += path != "-"

    def _reject_folder(self, path: str, error: OSError) -> None:
        self._files["read"] += 1
        self._reject_file(Reject(path, 0, "unreadable", os.strerror(error.errno or 0), b""))

    def _reject_file(self, reject: Reject) -> None:
        self._files["rejected"] += 1
        self._run.accept(Outcome(rejects=[reject]))

    def _take(self, prepared: Prepared) -> bool:
        """Enter what one unit gave; True when --limit has been reached."""
        with self._run.interrupts.held():
            return self._enter(prepared)

    def _enter(self, prepared: Prepared) -> bool:
        self._files["read"] += prepared.files
        for subject, counts in prepared.notes.items():
            self._notes.setdefault(subject, Counter()).update(counts)
        if self._journals:
            self._journals.add(prepared.papers)
        if prepared.file_reject:
            self._reject_file(prepared.file_reject)
        limit = self._run.options.limit
        items = prepared.items if limit is None else prepared.items[: limit - self._run.ledger.read]
        outcome = self._judged(_to_first_reject(items) if self._run.options.strict else items)
        self._settled = len(self._spool)
        self._run.accept(outcome)
        return limit is not None and self._run.ledger.read >= limit

    def _judged(self, items: list[Item]) -> Outcome:
        """What becomes of the documents of one unit."""
        outcome = Outcome()
        outcome.tally.read = len(items)
        passed: list[Ready] = []
        url_verdicts: dict[int, bool] = {}
        for item in items:
            if isinstance(item, Reject):
                outcome.rejects.append(item)
                outcome.tally.rejected[item.reason] += 1
            elif isinstance(item, Dropped):
                self._drop(item.reason, item.line, outcome)
            elif reason := self._seen_before(item, url_verdicts):
                self._drop(reason, self._dropped_line(item, reason), outcome)
            else:
                passed.append(item)
        self._without_near_duplicates(passed, outcome)
        return outcome

    def _seen_before(self, item: Ready, url_verdicts: dict[int, bool]) -> str | None:
        """A reason to drop what has the address or exactly the text of an earlier document."""
        if self._settings.url_dup and item.url:
            if item.passage not in url_verdicts:
                url_verdicts[item.passage] = item.url in self._urls
                self._urls.add(item.url)
            if url_verdicts[item.passage]:
                return "url_duplicate"
        if self._settings.exact_dup:
            if item.digest in self._digests:
                return "exact_duplicate"
            self._digests.add(item.digest)
        return None

    def _without_near_duplicates(self, passed: list[Ready], outcome: Outcome) -> None:
        lines: list[bytes] = []
        self._perplexity.look_ahead(item.line for item in passed)
        if self._near is None:
            for item in passed:
                self._keep(item, lines, outcome)
        else:
            batch = [
                Candidate(item.size, item.sketch, partial(_compact_text, item))
                for item in passed
                if item.sketch is not None
            ]
            dropped = self._near.sift(batch, lambda i: self._keep(passed[i], lines, outcome))
            for item, is_dropped in zip(passed, dropped, strict=True):
                if is_dropped:
                    self._drop("near_duplicate", self._dropped_line(item, "near_duplicate"), outcome)
        outcome.lines = b"".join(lines)

    def _keep(self, item: Ready, lines: list[bytes], outcome: Outcome) -> None:
        """Hold the document back, or let it go unless its perplexity is too high."""
        if item.given_id:
            self._ids.watch(item.given_id)
        if self._near is not None or self._perplexity.holds_back:
            self._spool.append(item.line)
        if self._perplexity.holds_back:
            return  # counted when it is released
        if self._perplexity.is_too_high(item.line):
            self._drop("perplexity", self._dropped_line(item, "perplexity"), outcome)
            return
        lines.append(item.line)
        outcome.tally.kept += 1
        outcome.tally.written += 1

    def _release(self) -> None:
        """Write what the perplexity filter held back, less the worst."""
        if not self._perplexity.holds_back:
            return
        for line, too_high in self._perplexity.verdicts():
            outcome = _kept(line)
            if too_high:
                outcome = Outcome()
                self._drop("perplexity", _with_reason(line, "perplexity") if self._run.wants_dropped else b"", outcome)
            with self._run.interrupts.held():
                self._released += 1
                self._run.accept(outcome)

    def _release_unjudged(self) -> None:
        """After an interruption: write all that still waits. It has been read, so it must not be lost."""
        if self._perplexity.holds_back:
            self._spool.truncate(self._settled)
            for line in self._spool.lines(self._released):
                self._run.accept(_kept(line))

    def _drop(self, reason: str, line: bytes, outcome: Outcome) -> None:
        outcome.tally.dropped[reason] += 1
        if line:
            outcome.dropped.append(line)

    def _dropped_line(self, item: Ready, reason: str) -> bytes:
        return _with_reason(item.line, reason) if self._run.wants_dropped else b""

    def _say_repeated_ids(self) -> None:
        """Ids are kept as given, but who joins by them should know that they are not unique."""
        if self._ids.count:
            self._notes["ids"] = Counter(repeated=self._ids.count)
            self._run.say(self._ids.said())

    def _write_notes(self) -> None:
        if self._journals:
            self._notes["journals"] = self._journals.counts
        notes = {subject: dict(sorted(counts.items())) for subject, counts in sorted(self._notes.items())}
        self._run.ledger.notes.update(notes)
        if self._perplexity.quantiles:
            self._run.ledger.notes["perplexity"] = self._perplexity.quantiles


def _compact_text(item: Ready) -> str:
    return without_space(orjson.loads(item.line)["text"])


def _with_reason(line: bytes, reason: str) -> bytes:
    return dropped_line(codec.parse(line), Drop(reason))


def _kept(line: bytes) -> Outcome:
    return Outcome(line, Tally(kept=1, written=1))


def _to_first_reject(items: list[Item]) -> list[Item]:
    """With --strict a unit ends with its first reject."""
    place = next((place for place, item in enumerate(items) if isinstance(item, Reject)), len(items))
    return items[: place + 1]
