"""English beside the Chinese of a record, for a report in English: names of syndromes, and findings by their signs.

The Chinese stays, since the tables and the formulas are found by it; what no table has in English stays alone.
"""

import re
from functools import cache

from tcmkit.classify import signs, signs_of
from tcmkit.consult.chart import Chart
from tcmkit.consult.wording import wording
from tcmkit.language import both
from tcmkit.tables import table

_MARK = re.compile("（(否认|不确定|患者自述)）")
_MARKS = {"否认": "denied", "不确定": "uncertain", "患者自述": "told by the patient"}
_MOST = 3
"""Signs of one finding that are put in English."""


@cache
def _syndromes() -> dict[str, str]:
    return {name: row["name_en"] for row in table("syndromes")["syndromes"] for name in (row["name"], *row["aliases"])}


def syndrome(name: str) -> str:
    """The name of a syndrome, in English with its English name.

    >>> from tcmkit import language
    >>> language.use("en"); syndrome("肝阳上亢证"); language.use(None)
    '肝阳上亢证 (ascendant hyperactivity of liver yang pattern)'
    """
    english = _syndromes().get(name, "")
    return both(f"{name} ({english})", name) if english else name


def sign(text: str, name: str) -> str:
    """A quotation with the sign that was read from it, where they differ; in English with what it is in English."""
    other = f"（{name}）" if name != text else ""
    english = wording(name, "en")
    return both(f"“{text}” ({english})" if english != name else f"“{text}”{other}", f"“{text}”{other}")


def of_findings(chart: Chart) -> dict[str, str]:
    """What each finding of the record says, in English, as far as its signs are known."""
    case, found = chart.case, {}
    read = signs_of(case) if case["tqs"] else []
    for findings in chart.findings.values():
        for one in findings:
            within = [each for each in read if each.start < one["end"] and one["start"] < each.end]
            named = (signs()[each.row]["id"] for each in within if each.present == (one["polarity"] != "absent"))
            known = dict.fromkeys(wording(name, "en") for name in named if wording(name, "en") != name)
            found[one["text"]] = ", ".join(list(known)[:_MOST])
    return found


def finding(shown: str, known: dict[str, str]) -> str:
    """A finding as the record shows it; in English with the gloss that is known of it, and its marks in English."""
    marks = _MARK.findall(shown)
    text = _MARK.sub("", shown)
    notes = "; ".join(filter(None, (known.get(text, ""), *(_MARKS[mark] for mark in marks))))
    return both(f"{text} ({notes})" if notes else text, shown)
