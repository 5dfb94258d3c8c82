"""What a consultation amounts to: syndrome with reasons, principle, the closest formulas, and every warning."""

from functools import cache
from typing import Any

from tcmkit.classify import Classifier
from tcmkit.classify import Settings as ClassifySettings
from tcmkit.consult.chart import Chart, dimensions
from tcmkit.consult.choosing import POOL, before_formulas, chosen, is_enough, query_of, with_pregnancy
from tcmkit.consult.english import dangers, in_chinese, is_english
from tcmkit.consult.settings import Settings
from tcmkit.consult.who import Who
from tcmkit.records import Drop, Record, SafetyFinding
from tcmkit.retrieve import Retriever
from tcmkit.retrieve import Settings as RetrieveSettings
from tcmkit.safety import Checker
from tcmkit.safety import Settings as SafetySettings
from tcmkit.tables import table

NOTICE = {
    "zh": "本结果只供执业中医师参考，不能代替面诊，也不是处方。",
    "en": "For the use of a licensed practitioner; it replaces no examination and is no prescription.",
}
_OF_DOSES = {
    "dose_over": {
        "zh": "{}的用量高于药典上限，须由医师核定。",
        "en": "{}: the dose is above the maximum of the Pharmacopoeia; a physician decides.",
    },
    "dose_under": {
        "zh": "{}的用量低于药典下限，须由医师核定。",
        "en": "{}: the dose is below the minimum of the Pharmacopoeia; a physician decides.",
    },
}
SELF_REPORTED = "（患者自述）"
_EXAMINATIONS = ("inquiry", "inspection", "listening_smelling", "palpation")
_TOP = 3
_UNSPECIFIED = "unspecified_emergency"
_PREDICTED = ("syndrome", "score", "candidates", "abstained", "why")


class Adviser:
    """Draws the conclusions. One serves many consultations."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._classify = Classifier(ClassifySettings(top=_TOP))
        self._retrieve = Retriever(RetrieveSettings(top=POOL * settings.formulas, single_stage=settings.single_stage))
        self._check = Checker(SafetySettings(language=settings.language))

    def red_flags(self, words: str) -> list[Record]:
        """What a patient's words say that cannot wait, be they Chinese or English."""
        flags: dict[str, Record] = {}
        # Of English whose findings are all known, none a danger, only the rules judge, not what words sound like.
        is_known = is_english(words) and bool(in_chinese(words))
        for said in filter(str.strip, (words, dangers(words))):
            [checked] = self._check({"text": said})
            found = [one for one in checked["safety"]["findings"] if one["code"] == "red_flag"]
            flags |= {one["message"]: one for one in found if not (is_known and one.get("rule") == _UNSPECIFIED)}
        return list(flags.values())

    def advise(self, chart: Chart, patient: Who) -> Record:
        """Everything at the end. What nobody told is listed, never filled in."""
        case = chart.case
        predicted = self.suspected(chart)
        enough = is_enough(predicted)
        hits = self._formulas(case, predicted, patient) if enough else []
        name = predicted.get("syndrome")
        return {
            "record": by_examination(chart, self._settings.role),
            "clean_text": case.get("clean_text", ""),
            "syndrome": predicted,
            "principle": _principle(name) if enough and isinstance(name, str) else None,
            "before_formulas": before_formulas(chart.text, patient.patient),
            "formulas": hits,
            "searched": self._retrieve.searched,
            "not_asked": [dimensions()[dimension]["name_zh"] for dimension in chart.open()],
            "notice": NOTICE[self._settings.language],
        }

    def suspected(self, chart: Chart) -> Record:
        """The syndrome as far as it is known: syndrome, score, candidates, abstained, why; empty without findings."""
        case = chart.case
        if not case["tqs"]:
            return {}
        made = self._classify({"text": case["text"], "tqs": case["tqs"]})
        return {} if isinstance(made, Drop) else {key: made[0][key] for key in _PREDICTED if key in made[0]}

    def _formulas(self, case: Record, predicted: Record, patient: Who) -> list[Record]:
        [found] = self._retrieve(query_of(case, predicted))
        hits = chosen(found["hits"], case, predicted, patient.patient, self._settings.formulas)
        return [with_pregnancy(self._with_warnings(hit, patient), patient.patient) for hit in hits]

    def _with_warnings(self, hit: Record, patient: Who) -> Record:
        """The hit with the safety of its formula for this patient: no model comes between."""
        prescription: list[Any] = [
            {"herb": item["herb"]}
            | ({"dose_g": item["dose_g"]} if item.get("dose_g") else {})
            | ({"note": item["stated"]} if item.get("stated") else {})
            for item in hit["formula"].get("composition", ())
        ]
        safety = self._check.of_patient(prescription, patient.patient, patient.not_told)
        formula = _without_doses(hit["formula"]) if self._settings.role == "self" else hit["formula"]
        findings = [self._without_dose(one) for one in safety["findings"]]
        return {**hit, "formula": formula, "safety": {**safety, "findings": findings}}

    def _without_dose(self, finding: SafetyFinding) -> SafetyFinding:
        """A warning of a dose as a patient may see it."""
        if self._settings.role != "self" or finding["code"] not in _OF_DOSES:
            return finding
        message = _OF_DOSES[finding["code"]][self._settings.language].format(finding["herbs"][0]["name"])
        return {**finding, "message": message}


def _without_doses(formula: Record) -> Record:
    """A formula as a patient may see it, who is not to prepare it: the warnings are those of the doses in the table."""
    herbs = [{key: item[key] for key in ("herb",) if key in item} for item in formula.get("composition", ())]
    kept = {key: text for key, text in formula.items() if not key.startswith("dose")}
    return {**kept, "composition": herbs}


def by_examination(chart: Chart, role: str) -> dict[str, dict[str, list[str]]]:
    """Findings under the examination that they belong to (Hengqin-RA: each under its own, and nothing added).

    With the role self, what only an examiner can establish is marked as the patient's own report.
    """
    record: dict[str, dict[str, list[str]]] = {}
    for examination in _EXAMINATIONS:
        rows = {
            row["name_zh"]: [
                _shown(one) + (SELF_REPORTED if role == "self" and examination != "inquiry" else "")
                for one in chart.findings[name]
            ]
            for name, row in dimensions().items()
            if row["four_examination"] == examination and chart.findings.get(name)
        }
        if rows:
            record[examination] = rows
    return record


def _shown(finding: dict[str, Any]) -> str:
    marks = {"absent": "（否认）", "uncertain": "（不确定）"}
    return str(finding["text"]) + marks.get(finding["polarity"], "")


@cache
def _principles() -> dict[str, str]:
    rows = table("syndromes")["syndromes"]
    return {name: row["treatment_principle"] for row in rows for name in (row["name"], *row["aliases"])}


def _principle(syndrome: str) -> str | None:
    """The treatment principle of a syndrome, or None where the table has none."""
    return _principles().get(syndrome)
