"""What a model adds at the end: a choice among candidates, and a word on the formulas found.

Everything it says is held to what was told and found; the warnings stand beside it whatever it says.
"""

import json
from collections.abc import Generator
from typing import Any

from tcmkit.consult.chart import Chart
from tcmkit.consult.limits import one_line, reassures
from tcmkit.consult.trace import Trace, no_trace
from tcmkit.errors import RecordError
from tcmkit.herbs import rows
from tcmkit.llm import Call, ReplyError, load
from tcmkit.records import Record
from tcmkit.text.lexicon import Lexicon

_REASONS = {"type": "array", "maxItems": 4, "items": {"type": "string", "minLength": 1, "maxLength": 40}}
_SYNDROME = {
    "type": "object",
    "properties": {
        "syndrome": {"type": "string"},
        "for": _REASONS,
        "against": _REASONS,
    },
    "required": ["syndrome", "for", "against"],
}
_ADVICE = {
    "type": "object",
    "properties": {"formula": {"type": "string"}, "advice": {"type": "string", "minLength": 4, "maxLength": 400}},
    "required": ["formula", "advice"],
}


def conclude(advice: Record, chart: Chart, trace: Trace = no_trace) -> Generator[Call, Any, Record]:
    """`model_syndrome` and `model_advice`, each only if the model gave one that holds, else why there is none."""
    said: Record = {}
    candidates = [row["syndrome"] for row in advice["syndrome"].get("candidates", ())]
    if candidates:
        try:
            said["model_syndrome"] = yield _syndrome_call(candidates, chart.text)
        except RecordError as error:
            said["model_syndrome"] = {"failed": error.reason}
        trace({"agent": "syndrome", "call": "consult-syndrome", **said["model_syndrome"]})
    if advice["formulas"]:
        try:
            answer = yield _advice_call(advice, chart.text)
            said["model_advice"] = {"formula": answer["formula"], "advice": one_line(answer["advice"])}
        except RecordError as error:
            said["model_advice"] = {"failed": error.reason}
        trace({"agent": "treatment", "call": "consult-treatment", **said["model_advice"]})
    return said


def _syndrome_call(candidates: list[str], told: str) -> Call:
    def check(answer: Any) -> None:
        if answer["syndrome"] not in candidates:
            raise ReplyError("no_candidate", "syndrome 必须是候选证型之一，请改正。")
        strange = [words for words in (*answer["for"], *answer["against"]) if words not in told]
        if strange:
            raise ReplyError("not_told", f"这些不是患者的原话，请删去或改为原话：{'、'.join(strange[:5])}")

    schema = {**_SYNDROME, "properties": {**_SYNDROME["properties"], "syndrome": {"enum": candidates}}}  # type: ignore[dict-item]
    messages = load("consult-syndrome").messages({"told": told}, candidates="、".join(candidates))
    return Call(messages, schema, check, expected_tokens=80)


def _advice_call(advice: Record, told: str) -> Call:
    herbs = {hit["formula"]["name"]: _herbs_of(hit) for hit in advice["formulas"]}
    known = Lexicon({name: name for name in rows()})

    def check(answer: Any) -> None:
        if answer["formula"] not in herbs:
            raise ReplyError("no_candidate", "formula 必须是检索到的方剂之一，请改正。")
        named = {name for name in known.terms_in(answer["advice"]) if len(name) > 1}
        if strange := sorted(named - herbs[answer["formula"]]):
            raise ReplyError("herb_added", f"不可提及所选方剂以外的药物：{'、'.join(strange[:5])}")
        if any(char.isdigit() for char in answer["advice"]):
            raise ReplyError("dose_added", "不可写剂量或其他数字。")
        if why := reassures(answer["advice"]):
            raise ReplyError("reassures", why)

    shown = [
        {
            "方名": hit["formula"]["name"],
            "组成": sorted(_herbs_of(hit)),
            "警示": [found["message"] for found in hit["safety"]["findings"]],
        }
        for hit in advice["formulas"]
    ]
    messages = load("consult-treatment").messages(
        {"told": told, "formulas": json.dumps(shown, ensure_ascii=False)},
        syndrome=str(advice["syndrome"].get("syndrome") or "未定"),
        principle=str(advice["principle"] or "未定"),
    )
    return Call(messages, _ADVICE, check, expected_tokens=120)


def _herbs_of(hit: Record) -> set[str]:
    return {str(item["herb"]) for item in hit["formula"].get("composition", ())}
