"""`tcm retrieve index`: tables of formulas, or cases, to an index folder."""

import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeVar

from tcmkit.errors import InputError, RecordError, UsageError
from tcmkit.jsonl import Options, Outcome, Reject, Run, Tally, codec, conduct
from tcmkit.jsonl.batch import fault_error
from tcmkit.jsonl.inputs import lines
from tcmkit.jsonl.source import check_no_folders
from tcmkit.language import both
from tcmkit.records import Record
from tcmkit.retrieve.build import contents_of_formulas
from tcmkit.retrieve.cases import case_of, contents_of_cases
from tcmkit.retrieve.formulas import row_of
from tcmkit.retrieve.store import EMBEDDED, Contents, Index, write
from tcmkit.tables import table

if TYPE_CHECKING:
    from tcmkit.llm import ModelOptions
    from tcmkit.retrieve.engine import Embedder

T = TypeVar("T")


def index_files(
    field_map: Mapping[str, str],
    options: Options,
    what: Literal["formulas", "cases"] = "formulas",
    embed: "ModelOptions | None" = None,
) -> int:
    """Read `options.inputs` (JSON Lines, CSV, TSV) and write the folder `options.output`; the exit status.

    Raises TcmError.
    """
    folder = options.output
    if not folder or folder == "-":
        raise UsageError(both("name the folder of the index with -o", "请用 -o 写出索引文件夹"))

    def body(run: Run) -> None:
        embedder = _embedder(embed)
        contents = _cases(run, embedder) if what == "cases" else _formulas(run, field_map, embedder)
        write(contents, folder)
        run.ledger.notes[what] = len(contents.items)
        run.accept(Outcome(tally=Tally(written=len(contents.items))))

    check_no_folders(options.inputs)
    return conduct("retrieve index", replace(options, output=os.devnull), body)


def _embedder(options: "ModelOptions | None") -> "Embedder | None":
    """The model, asked for its name so that a wrong one is known before anything is read."""
    if options is None:
        return None
    from tcmkit.retrieve.engine import Embedder

    embedder = Embedder(options)
    embedder.wake()
    return embedder


def _formulas(run: Run, field_map: Mapping[str, str], embedder: "Embedder | None") -> Contents:
    rows = list(_rows(run, partial(row_of, field_map=field_map)))
    if not rows:
        raise InputError(
            both("no formula that can be used; is the field of the name mapped?", "没有可用的方剂；方名字段对吗？")
        )
    return contents_of_formulas(rows, embedder)


def _cases(run: Run, embedder: "Embedder | None") -> Contents:
    rows = list(_rows(run, case_of))
    if not rows:
        raise InputError(
            both("no case that can be used; give records with text", "没有可用的病案；请给出带 text 的记录")
        )
    return contents_of_cases(rows, embedder)


def build_embedded() -> None:
    """Make anew the index of the package, of its own table of formulas."""
    rows = [row_of({**row, "source": row["source_book"]}, {}) for row in table("formulas")["formulas"]]
    write(contents_of_formulas(rows), str(EMBEDDED))


def embedded_is_stale() -> bool:
    """Whether the tables behind the index of the package have changed since it was made."""
    try:
        Index(None)
    except InputError:
        return True
    return False


def _rows(run: Run, read: Callable[[Record], T]) -> Iterator[T]:
    """Every usable row of the inputs; the others are rejected, with their reasons."""
    for line in itertools.islice(lines(run.options.inputs), run.options.limit):
        try:
            if line.fault:
                raise fault_error(line.fault)
            row = read(codec.parse(line.raw))
        except RecordError as error:
            reject = Reject(line.path, line.number, error.reason, error.detail, line.raw)
            run.accept(Outcome(tally=_rejected(error), rejects=[reject]))
        else:
            run.accept(Outcome(tally=Tally(read=1, kept=1)))
            yield row


def _rejected(error: RecordError) -> Tally:
    tally = Tally(read=1)
    tally.rejected[error.reason] += 1
    return tally
