"""Why a syndrome was chosen: findings for and against it, and the diseases that led to it."""

from tcmkit.records import Record

from .diseases import diseases
from .engine import ELEMENT, TYPICAL, Assessment, Engine
from .signs import signs

_AT_MOST = 8


def why(engine: Engine, case: Record, found: Assessment, chosen: int) -> Record:
    """`disease`, `for` and `against`, each with quotations of the case's text; the weightiest first."""
    text, known = case["text"], engine.known
    reasons = []
    for sign in found.signs:
        if not sign.present:
            continue
        weight = ELEMENT * float(known.speaks[sign.row] @ known.makeup[chosen])
        weight += TYPICAL * float(known.typical[sign.row, chosen])
        reasons.append(
            {
                "sign": signs()[sign.row]["id"],
                "text": text[sign.start : sign.end],
                "start": sign.start,
                "end": sign.end,
                "weight": round(weight, 2),
            }
        )
    reasons.sort(key=lambda one: (-abs(one["weight"]), one["start"]))
    return {
        "disease": [
            {
                "name": diseases()[one.row]["name"],
                "text": text[one.start : one.end],
                "start": one.start,
                "end": one.end,
            }
            for one in found.diseases[:3]
        ],
        "for": [one for one in reasons if one["weight"] > 0][:_AT_MOST],
        "against": [one for one in reasons if one["weight"] < 0][:_AT_MOST],
    }
