"""What a model may answer when it screens, and how its answer is held to the text."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from tcmkit import herbs
from tcmkit.llm import ReplyError
from tcmkit.records import ScreenReason
from tcmkit.screen.texts import Text
from tcmkit.tables import table
from tcmkit.text.quoting import Quotable

IDENTIFIERS = ("name", "address", "phone", "id_number", "email")
"""The identifiers of the paper."""

SCHEMA = {
    "type": "object",
    "properties": {
        "toxic": {"type": "boolean"},
        "identifiers": {"type": "array", "items": {"type": "string", "enum": list(IDENTIFIERS)}},
        "reason": {"type": "string"},
        "quotations": {"type": "array", "items": {"type": "string", "minLength": 1}},
    },
    "required": ["toxic", "identifiers", "reason", "quotations"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Judge:
    """Holds an answer to the text that it judges. Picklable, as all that a call carries."""

    text: str

    def __call__(self, answer: Any) -> None:
        """Raises ReplyError when a flag has no quotation, or a quotation does not stand in the text, or is a drug."""
        flagged = answer["toxic"] or answer["identifiers"]
        quoted: list[str] = answer["quotations"]
        if flagged and not quoted:
            raise ReplyError("llm_no_quotation", "判定有问题时，quotations 必须逐字引用原文中的依据。")
        source = Quotable(self.text)
        missing = [words for words in quoted if words not in source]
        if missing:
            raise ReplyError(
                "llm_quotation_not_in_text", f"原文中没有这些字句：{'；'.join(missing)[:200]}。请逐字引用原文。"
            )
        if flagged and all(map(is_medical_term, quoted)):
            raise ReplyError("llm_medical_term", "所引均为药名、方名或穴名，医学术语不算。请重新判定。")


def is_medical_term(words: str) -> bool:
    """Whether the words are the name of a herb, a formula or an acupuncture point and nothing else.

    >>> is_medical_term("徐长卿"), is_medical_term("何首乌"), is_medical_term("王建国")
    (True, True, False)
    """
    return words in _points_and_formulas() or herbs.place(words).herb is not None


@cache
def _points_and_formulas() -> frozenset[str]:
    points = table("acupoints")
    formulas = (row["name"] for row in table("formulas")["formulas"])
    return frozenset([*points["codes"], *points["extra"], *points["older_names"], *formulas])


def kinds_found(answer: Any, piece: Text, offset: int) -> list[ScreenReason]:
    """The reasons in an answer that has been held to its text; `offset` is where the piece begins in the field."""
    kinds = (["toxic"] if answer["toxic"] else []) + answer["identifiers"]
    source = Quotable(piece.text)
    spans = [span for words in answer["quotations"] if (span := source.find(words))]
    reasons: list[ScreenReason] = []
    for kind in kinds:
        code = "toxic" if kind == "toxic" else "identifier"
        for start, end in spans:
            reasons.append(
                {
                    "code": code,  # type: ignore[typeddict-item]
                    "kind": kind,
                    "by": "model",
                    "field": piece.field,
                    "start": start + offset,
                    "end": end + offset,
                    "reason": answer["reason"],
                }
            )
    return reasons
