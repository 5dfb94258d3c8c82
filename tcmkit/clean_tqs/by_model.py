"""The step of `tcm clean-tqs` with a model (JingFang, cleaning by an LLM).

The model chooses what the Ten Questions Song asks about and what to leave out; it may only quote. The rules keep three
things in their own hands: which documents are cases, where a conclusion stands (证属…), which would leak the label,
and who the patient is.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from tcmkit.llm import Call, ModelOptions, ReplyError, Talk, load
from tcmkit.records import Drop, Record
from tcmkit.tables import table

from .cleaner import RawRecord
from .parts import parts
from .placing import CATEGORIES, Placed, place, schema
from .settings import Settings
from .weave import Piece, Spot, Woven

_MOST_NAMED = 8


class ModelCleaner:
    """Turns records into Cases by asking a model; a document that is no case record is treated as the rules do."""

    def __init__(self, settings: Settings, model: ModelOptions) -> None:
        """Raises UsageError for a prompt of the user's own that is none."""
        self._settings = settings
        self._speaker = model.speaker
        self._prompt = load("clean-tqs", model.prompt)
        self._schema = schema()
        rows = table("ten_questions")["dimensions"]
        self._values = {
            "dimensions": "，".join(f"{row['id']} {row['name_zh']}" for row in rows),
            "categories": "、".join(CATEGORIES),
        }
        self._counted: Counter[str] = Counter()

    @property
    def notes(self) -> Mapping[str, Any]:
        """How many findings are the model's, how many the rules', and what was refused: quotations that are not
        there, and conclusions and names that are no findings.
        """
        names = ("by_model", "by_rules", "hallucinated", "not_findings")
        return {"findings": {name: self._counted[name] for name in names}}

    def __call__(self, record: Record) -> Talk:
        """The case made of a record. Raises RecordError (`no_text`, `bad_field`)."""
        case = RawRecord(record, self._settings.needs_words)
        if not case.is_case:
            return Drop("not_a_record") if self._settings.only_records else [record]
        told = Placed([], [], [])
        for start, end in parts(case.text, case.visits):
            heard = Heard(case.text[start:end], start)
            yield self._call(heard)
            told.add(heard.placed)
        return [{**record, **self._case(case, told)}]

    def _call(self, heard: "Heard") -> Call:
        return Call(
            self._prompt.messages({"record": heard.part}, **self._values),
            schema=self._schema,
            check=heard,
            expected_tokens=200 + len(heard.part),
            independent=True,
        )

    def _case(self, case: RawRecord, told: Placed) -> Record:
        ruled = case.by_rules()
        identity = [piece for piece in ruled.removed if piece[2] == "identity"]
        said = sorted(set(told.spots))
        findings = [spot for spot in said if not _overlaps(spot, ruled.stated) and not _overlaps(spot, identity)]
        filled = _filled(findings, told.removed, ruled) if self._settings.merge else Woven([], [], [], [])
        spots = sorted(findings + filled.spots)
        removed = _left(sorted({*told.removed, *identity, *filled.removed}), spots)
        made = case.told(Woven(spots, removed, ruled.stated, ruled.drugs))
        _sign(made, filled.spots)
        self._counted["by_model"] += len(findings)
        self._counted["by_rules"] += len(filled.spots)
        self._counted["hallucinated"] += len(told.missing)
        self._counted["not_findings"] += len(said) - len(findings)
        llm = {"engine": self._speaker, "prompt": self._prompt.label, "hallucinated": len(told.missing)}
        return {**made, "llm": llm}


class Heard:
    """A reply about a part of a record: the check of its call, which keeps what it has placed."""

    def __init__(self, part: str, start: int) -> None:
        self.part = part
        self._start = start
        self.placed = Placed([], [], [])

    def __call__(self, answer: Mapping[str, Any]) -> None:
        """Raises ReplyError when nothing that the model quotes stands in the record."""
        self.placed = placed = place(answer, self.part, self._start)
        if placed.missing and not placed.spots and not placed.removed:
            named = "、".join(f"“{quotation[:30]}”" for quotation in placed.missing[:_MOST_NAMED])
            raise ReplyError("llm_not_in_source", f"资料里没有这些引文：{named}。请逐字摘录资料，只输出改正后的 JSON。")


def _overlaps(part: Spot | Piece, others: Iterable[Spot | Piece]) -> bool:
    return any(part[0] < other[1] and other[0] < part[1] for other in others)


def _filled(findings: list[Spot], removed: list[Piece], ruled: Woven) -> Woven:
    """What the rules found where the model said nothing at all."""
    said: list[Spot | Piece] = [*findings, *removed]
    spots = [spot for spot in ruled.spots if not _overlaps(spot, said)]
    return Woven(spots, [piece for piece in ruled.removed if not _overlaps(piece, said)], [], [])


def _left(pieces: list[Piece], spots: list[Spot]) -> list[Piece]:
    """The removed pieces that neither overlap one before nor hold a finding: what is kept was not left out."""
    kept: list[Piece] = []
    for piece in pieces:
        if not _overlaps(piece, kept[-1:]) and not _overlaps(piece, spots):
            kept.append(piece)
    return kept


def _sign(case: Record, filled: list[Spot]) -> None:
    """Mark the findings that are the rules'."""
    places = {spot[:3] for spot in filled}
    for dimension, findings in case["tqs"].items():
        for finding in findings:
            if (finding["start"], finding["end"], dimension) in places:
                finding["by"] = "rules"
