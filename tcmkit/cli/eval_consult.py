"""`tcm eval consult`: how good consultations were."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tcmkit.cli.eval_syndrome import each_of
from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe, with_pipe

if TYPE_CHECKING:
    from tcmkit.llm import ModelOptions

DETAILS = (
    "Reads transcripts of tcm consult and writes them with measures: what was covered by round, questions repeated, "
    "the syndrome against that of the full record, likeness to a reference, red flags, how the patient was played. "
    "Means with 95% intervals stand in --summary; --judge lets a model judge too.",
    "读入 tcm consult 的记录，写出时加上 measures：各轮覆盖、重复提问、证型与完整病历所得之比较、与参考记录的相似度、"
    "危险信号、模拟患者的质量。均值及 95% 区间见 --summary；--judge 请模型评判。",
)
EXAMPLE = "tcm consult cases.jsonl --patient simulated | tcm eval consult --html report.html > measured.jsonl"


@dataclass(frozen=True)
class Comparing:
    """What the consultations are set beside, who judges them, and the page."""

    against: Annotated[
        str | None,
        option(
            "--against",
            en="Other transcripts of the same cases: paired differences.",
            zh="同一批病案的另一份记录：配对比较。",
            metavar="FILE",
        ),
    ] = None
    reference: Annotated[
        str,
        option(
            "--reference",
            en="The field with the record to compare with; else the cleaned case.",
            zh="参考记录所在字段；默认为清洗后的病案。",
            metavar="FIELD",
        ),
    ] = ""
    judge: Annotated[
        str | None,
        option(
            "--judge",
            en="A model that judges; with --against pair by pair, in both orders.",
            zh="作评判的模型；有 --against 时成对评判，并交换次序。",
            metavar="SPEC",
        ),
    ] = None
    html: Annotated[
        str | None,
        option("--html", en="Also write a page with the curve by round.", zh="另写含各轮曲线的网页。", metavar="FILE"),
    ] = None


@with_pipe(model=1)
def eval_consult(pipe: Pipe, model: "ModelOptions", comparing: Comparing) -> int:
    """Measure, compare, judge, and write the page."""
    from tcmkit.cli.model import checked
    from tcmkit.evaluate.consultation import Measurer
    from tcmkit.evaluate.consultation_page import page
    from tcmkit.evaluate.consultation_run import ConsultationScorer, JudgedScorer

    if comparing.judge:
        model = checked(replace(model, specs=(comparing.judge,)), pipe.options.seed)
    measurer = Measurer(comparing.reference)
    others = each_of(comparing.against, measurer) if comparing.against else []
    if model.is_rules:
        scorer = ConsultationScorer(measurer, others)
        status = pipe.run_gathering("eval consult", lambda: scorer)
    else:
        judged = scorer = JudgedScorer(measurer, others, model.prompt)
        status = pipe.run_talks("eval consult", lambda: judged, model)
    if comparing.html:
        Path(comparing.html).write_text(page(scorer.report), encoding="utf-8")
    return status
