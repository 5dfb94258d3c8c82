"""`tcm eval text`: how near predictions come to their references."""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

from tcmkit.cli.eval_syndrome import each_of
from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe, field_names, with_pipe

DETAILS = (
    "Reads lines with prediction and reference (or references) and writes them with scores: BLEU-1, BLEU-4, ROUGE-L, "
    "METEOR, exact match, with --bert BERTScore too. The scores of the whole, with 95% intervals, stand in --summary.",
    "读入带 prediction 与 reference（或 references）的行，写出时加上 scores：BLEU-1、BLEU-4、ROUGE-L、METEOR、"
    "完全一致，加 --bert 还有 BERTScore。总分及 95% 区间见 --summary。",
)
EXAMPLE = "tcm eval text answers.jsonl --map prediction=completion --map reference=answer --summary score.json"


class Tokens(StrEnum):
    """What counts as a token."""

    zh = "zh"
    char = "char"
    terms = "terms"


TablesPage = Annotated[
    str | None, option("--html", en="Also write a page with the tables.", zh="另写含各表的网页。", metavar="FILE")
]


@dataclass(frozen=True)
class Scoring:
    """What is scored, and by which scores."""

    field_map: Annotated[
        list[str] | None,
        option(
            "--map",
            en="Read a field under another name: prediction=FIELD, reference=, id=.",
            zh="字段另有其名时：prediction=FIELD、reference=、id=。",
            metavar="OURS=THEIRS",
        ),
    ] = None
    tokens: Annotated[
        Tokens,
        option(
            "--tokens",
            en="A Chinese character, any character, or a name of a herb, formula or syndrome each.",
            zh="逐汉字、逐字符，或以药名、方名、证名等为一个词。",
        ),
    ] = Tokens.zh
    bert: Annotated[
        str | None,
        option(
            "--bert",
            en="BERTScore with the model in this folder.",
            zh="以此文件夹中的模型算 BERTScore。",
            metavar="DIR",
        ),
    ] = None
    bert_layer: Annotated[
        int | None,
        option(
            "--bert-layer",
            en="Layer of --bert; else two thirds up.",
            zh="所用层；默认为三分之二处。",
            min=1,
            metavar="N",
        ),
    ] = None


@dataclass(frozen=True)
class Comparing:
    """What the scores are set beside, and the page."""

    compare: Annotated[
        str | None,
        option(
            "--compare",
            en="Other predictions for the same items: paired bootstrap.",
            zh="同一批条目的另一份预测：配对自助法比较。",
            metavar="FILE",
        ),
    ] = None
    html: TablesPage = None


@with_pipe()
def eval_text(pipe: Pipe, scoring: Scoring, comparing: Comparing) -> int:
    """Score, and write the page."""
    from tcmkit.evaluate.pairing import refuse
    from tcmkit.evaluate.text import FIELDS, Settings, TextScorer, read
    from tcmkit.evaluate.text_page import page

    settings = Settings(
        field_names(scoring.field_map or [], FIELDS), scoring.tokens.value, scoring.bert, scoring.bert_layer
    )
    others = each_of(comparing.compare, partial(read, settings=settings)) if comparing.compare else None
    scorer = TextScorer(settings, others)
    status = pipe.run_gathering("eval text", lambda: scorer)
    if comparing.html:
        Path(comparing.html).write_text(page(scorer.table()), encoding="utf-8")
    refuse(scorer.fault)
    return status
