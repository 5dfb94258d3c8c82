"""`tcm classify fit`: labelled records to a folder with a model."""

import itertools
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from tcmkit.errors import InputError, RecordError, UsageError
from tcmkit.jsonl import Options, Run, conduct
from tcmkit.jsonl.batch import StepRunner, batches
from tcmkit.jsonl.inputs import lines
from tcmkit.jsonl.progress import Progress
from tcmkit.jsonl.source import check_no_folders, total_bytes
from tcmkit.language import both
from tcmkit.records import Drop, Record, content_id

from .classifier import Classifier
from .labels import all_names, label_of, label_set, leak_remark, leaks
from .settings import Settings
from .store import save
from .training import Lessons, fit

_DUPLICATE = Drop("duplicate")


class Reader:
    """Takes labelled records in. A repeated text is dropped: left out of one copy it would stand in the other."""

    def __init__(self, add: Callable[[str, Record], Record | None], field: str = "") -> None:
        """`add` takes label and case, and may give a row of them.

        `field` holds the label; "" looks where TCM-SD and `tcm` write it.
        """
        self.counts: Counter[str] = Counter()
        """Records of each label."""
        self.leaked = 0
        self.noted: Counter[str] = Counter()
        self._add, self._field = add, field
        self._read = Classifier(Settings())
        self._texts: set[str] = set()

    def __call__(self, record: Record) -> Sequence[Record] | Drop:
        """Take a record in. Raises RecordError (`no_label`, `bad_field`, `no_text`, `empty_text`)."""
        label = label_of(record, self._field)
        if not label:
            raise RecordError("no_label", self._field)
        case = self._read.case_of(record)
        if isinstance(case, Drop):
            return case
        key = content_id(case["text"])
        if key in self._texts:
            return _DUPLICATE
        self._texts.add(key)
        self.leaked += leaks(label, case["text"])
        self.counts[label] += 1
        row = self._add(label, case)
        return [] if row is None else [row]


def fit_files(options: Options, label: str = "") -> int:
    """Read `options.inputs` and write the folder `options.output`; the exit status. Raises TcmError."""
    folder = options.output
    if not folder or folder == "-":
        raise UsageError(both("name the folder of the model with -o", "请用 -o 写出模型文件夹"))

    def body(run: Run) -> None:
        lessons = Lessons()
        reader = Reader(lessons.add, label)
        read(run, reader)
        check_labels(reader.counts)
        fitted = fit(lessons, labels_of(reader.counts))
        figures = counted(reader) | {
            "penalty": fitted.penalty,
            "left_out_accuracy": round(fitted.accuracy, 4),
            "left_out_loss": round(fitted.loss, 4),
            "threshold": fitted.model.threshold,
        }
        save(fitted.model, folder, figures)
        run.ledger.notes |= figures
        for line in [_how_good(figures), *remarks(figures)]:
            run.say(line)

    check_no_folders(options.inputs)
    return conduct("classify fit", replace(options, output=os.devnull), body)


def read(run: Run, reader: Reader) -> None:
    """Every line through the reader, with the books kept."""
    options = run.options
    runner = StepRunner(reader, run.wants_dropped, strict=options.strict)
    progress = Progress("classify fit", total_bytes(options.inputs), options.quiet)
    done = 0
    try:
        for group in batches(itertools.islice(lines(options.inputs), options.limit), max_lines=256):
            outcome = runner(group)
            run.accept(outcome)
            done += outcome.size
            progress.update(done, run.ledger.read)
    finally:
        progress.close()


def begin(run: Run, reader: Reader) -> None:
    """Before a long training: note and say what was read. Raises InputError where there is nothing to tell apart."""
    check_labels(reader.counts)
    figures = counted(reader)
    run.ledger.notes |= figures
    for line in remarks(figures):
        run.say(line)


def itself(reader: Reader) -> Reader:
    """The maker of a step that has been made: it reads in this process, where repeated texts are known."""
    return reader


def check_labels(counts: Collection[str]) -> None:
    """Raise InputError when there is nothing to tell apart."""
    if not counts:
        raise InputError(
            both(
                "no labelled record that can be used: name its field with --label", "没有可用的带标签记录：请用 --label"
            )
        )
    if len(counts) == 1:
        raise InputError(
            both(
                f"every record has the label {min(counts)}: training needs at least two",
                f"全部记录的标签都是 {min(counts)}：训练至少需要两种标签",
            )
        )


def labels_of(counts: Collection[str]) -> tuple[str, ...]:
    """TCM-SD's labels, and what else the records bring."""
    return tuple(dict.fromkeys([*label_set("tcmsd"), *sorted(counts)]))


def counted(reader: Reader) -> Record:
    """What the model's page and the summary say about the records."""
    counts, known = reader.counts, set(all_names())
    return {
        "records": counts.total(),
        "classes": len(counts),
        "classes_of_one": sum(count == 1 for count in counts.values()),
        "unknown_labels": sum(label not in known for label in counts),
        "leaked": reader.leaked,
    }


def _how_good(figures: Record) -> str:
    return both(
        f"{figures['records']} records, {figures['classes']} labels; each record left out in turn: "
        f"accuracy {figures['left_out_accuracy']:.3f}",
        f"{figures['records']} 条记录，{figures['classes']} 种标签；留一准确率 {figures['left_out_accuracy']:.3f}",
    )


def remarks(figures: Record) -> Iterator[str]:
    """What a person should know about the records, a line each."""
    if count := figures["leaked"]:
        yield leak_remark(count)
    if count := figures["unknown_labels"]:
        yield both(
            f"{count} labels stand in no table: they are learned from their records alone",
            f"{count} 种标签不在任何表中：只能从其记录学习",
        )
    if count := figures["classes_of_one"]:
        yield both(
            f"{count} labels have one record only: the built-in engine decides more about them",
            f"{count} 种标签只有 1 条记录：更多由内置引擎决定",
        )
