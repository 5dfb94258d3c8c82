"""`tcm eval syndrome`: how well predicted syndromes agree with the labels."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe, with_pipe
from tcmkit.errors import InputError, RecordError
from tcmkit.language import both

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcmkit.evaluate.syndrome import Scored
    from tcmkit.records import Record

Read = TypeVar("Read")

DETAILS = (
    "Reads predictions of tcm classify with their labels and writes one line: accuracy, weighted and macro F1, top-3, "
    "calibration, abstention, classes, confusions, with near synonyms apart and merged. Refuses to score when test and "
    "training share records.",
    "读入 tcm classify 的预测及标签，写出一行：准确率、加权与宏 F1、前三、校准、弃权曲线、各类与混淆，"
    "近义证候分开与合并各算一次。测试与训练有重复时拒绝评分。",
)
EXAMPLE = "tcm classify labelled.jsonl | tcm eval syndrome --html report.html"


@with_pipe()
def eval_syndrome(
    pipe: Pipe,
    label: Annotated[str, option("--label", en="The field with the label.", zh="标签所在字段。", metavar="FIELD")] = "",
    train: Annotated[str | None, option("--train", en="The training records.", zh="训练记录。", metavar="FILE")] = None,
    dedup: Annotated[
        bool,
        option("--dedup", en="Leave out what is in --train, and repeats.", zh="排除 --train 中已有的和重复的记录。"),
    ] = False,
    against: Annotated[
        str | None,
        option(
            "--against", en="Other predictions: paired bootstrap.", zh="另一份预测：配对自助法比较。", metavar="FILE"
        ),
    ] = None,
    html: Annotated[
        str | None,
        option("--html", en="Also write a page with the confusion plot.", zh="另写带混淆图的网页。", metavar="FILE"),
    ] = None,
) -> int:
    """Score, and write the page."""
    from functools import partial

    from tcmkit.evaluate.syndrome import SyndromeScorer, fingerprint, read
    from tcmkit.evaluate.syndrome_page import page

    known = frozenset(each_of(train, fingerprint)) if train else frozenset()
    others: list[Scored] = each_of(against, partial(read, label=label)) if against else []
    made: list[SyndromeScorer] = []

    def scorer() -> SyndromeScorer:
        made.append(SyndromeScorer(known, dedup, label, others))
        return made[0]

    status = pipe.run_gathering("eval syndrome", scorer)
    if html and made and made[0].report:
        Path(html).write_text(page(made[0].report), encoding="utf-8")
    return status


def each_of(path: str, reading: "Callable[[Record], Read]") -> "list[Read]":
    """What is read of each line of a side file. Raises InputError at a line that cannot be used."""
    from tcmkit.jsonl.codec import parse
    from tcmkit.jsonl.inputs import lines

    read = []
    for line in lines([path]):
        try:
            read.append(reading(parse(line.raw)))
        except RecordError as error:
            where = f"{path}:{line.number}: {error.reason}"
            raise InputError(both(f"{where}: correct the line", f"{where}：请改正该行")) from error
    return read
