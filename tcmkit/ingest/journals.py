"""The table of papers and their journals, and what of it must be said at once."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable

from tcmkit.jsonl.sink import Sink
from tcmkit.language import both
from tcmkit.literature import HEADER, Paper, row
from tcmkit.text.decode import file_name

_NAMED = 5


class JournalTable:
    """Takes papers in the order of the input; the file appears when it is complete."""

    def __init__(self, path: str | None) -> None:
        """Raises OutputError when the table cannot be written; None only counts."""
        self.counts: Counter[str] = Counter()
        self._path = path
        self._ambiguous: list[Paper] = []
        self._sink = Sink(path) if path else None
        if self._sink:
            self._sink.write(_cells(HEADER))

    def add(self, papers: Iterable[Paper]) -> None:
        """Enter papers."""
        for paper in papers:
            self.counts[paper.match.status] += 1
            self._ambiguous += [paper] if paper.match.status == "ambiguous" and not self._path else []
            if self._sink:
                self._sink.write(_cells(tuple(map(file_name, row(paper)))))

    def finish(self, say: Callable[[str], None]) -> None:
        """Give the file its name, and say what needs a person."""
        if self._sink:
            self._sink.finish()
            self._sink = None
        for paper in self._ambiguous[:_NAMED]:
            names = " / ".join(name for name, _score in paper.match.candidates)
            file = file_name(paper.file)
            say(both(f"{file}: which journal is it? {names}", f"{file}：属于哪一种期刊？{names}"))
        if self.counts["ambiguous"] or self.counts["unknown"]:
            ambiguous, unknown = self.counts["ambiguous"], self.counts["unknown"]
            where = (
                both(f"see {self._path}", f"见 {self._path}")
                if self._path
                else both("--journal-table FILE lists them", "--journal-table FILE 可列出")
            )
            say(
                both(
                    f"{ambiguous} papers match two journals, {unknown} no reference was found for; {where}",
                    f"{ambiguous} 篇同时符合两种期刊，{unknown} 篇没有找到出处；{where}",
                )
            )

    def discard(self) -> None:
        """After a failure: no table is better than half of one."""
        if self._sink:
            self._sink.discard()
            self._sink = None


def _cells(values: tuple[str, ...]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([_harmless(value) for value in values])
    return line.getvalue().encode("utf-8", "replace")


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet does not take for a formula: what stands in a PDF is not ours."""
    return "'" + cell if cell[:1] in ("=", "+", "-", "@") else cell
