"""Which questions come next, without a model: those that are expected to say most.

A question is about one dimension of the Ten Questions Song and names a few of its signs. Its worth is the expected
information about the syndrome (`tcmkit.classify`), which is how comprehensiveness and pertinence of JingFang's scoring
show in a table engine: what the generalist adds is coverage of the song, what the specialist adds is the key issues of
the specialty.
"""

import random
import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from tcmkit.classify import Deciding, Engine, deciding_findings, diseases_of, label_set
from tcmkit.clean_tqs import fold
from tcmkit.consult.chart import Chart, dimensions
from tcmkit.consult.settings import Settings
from tcmkit.consult.wording import follow_up, question_text
from tcmkit.tables import table

_NAMED = 3
"""Signs that a question names at most."""
_COVERAGE = 0.35
"""Bits that a dimension of the song is worth in itself."""
_SPECIALTY = 0.25
"""Bits that a key dimension of the specialty is worth."""
_DISEASE = 0.8
"""Bits that the patient's earlier diagnoses are worth while no disease is known: a disease leaves few syndromes."""
_DIAGNOSIS = 0.4
"""Bits that they are worth beside a disease that only the complaint speaks for."""
_HAS_A_STATE = 0.2
"""Bits that a dimension is worth in which there is always something to tell."""
_DETAIL = 0.3
"""Bits that asking about a dimension of the complaint is worth."""
_NAMED_BY_HER = 0.6
"""Bits that menses and pregnancy are worth to a woman who spoke of them."""
_TELLING = 0.2
"""A question that is worth so many bits is asked before a consultation ends."""
_FOLLOW_UP = 0.06
"""A dimension that was spoken of is asked about again when its signs are worth so many bits."""
_NOT_ALONE = ("pulse", "complexion_form", "listening_smelling")
"""What a patient alone cannot observe."""


@dataclass(frozen=True)
class Question:
    """A question and why it is asked."""

    dimension: str
    text: str
    named: tuple[str, ...]
    """Signs that it names."""
    bits: float
    """Expected information about the syndrome."""
    reason: str
    again: bool | None = None
    """Whether the wording is the table's for a dimension that was spoken of; None when it is not the table's at all."""
    by: str = ""
    """The agent that proposed it; empty for the built-in engine."""


@cache
def engine() -> Engine:
    """The built-in engine over all syndromes."""
    return Engine(label_set("tcmsd"))


def relevant(chart: Chart, settings: Settings) -> list[str]:
    """Dimensions that this patient can be asked about at all."""
    text = chart.text
    left_out = set(_NOT_ALONE) if settings.role == "self" else set()
    is_child = _is_child(text) if chart.child is None else chart.child
    is_male = _is_male(text) if chart.male is None else chart.male
    if is_male or is_child:
        left_out.add("women")
    if not is_child:
        left_out.add("child")
    return [name for name in dimensions() if name not in left_out]


def suits(question: str, dimension: str, chart: Chart, settings: Settings) -> bool:
    """Whether a question in whatever words can be put to this patient: none of menses to a man, nor the reverse."""
    if dimension not in relevant(chart, settings):
        return False
    is_male = _is_male(chart.text) if chart.male is None else chart.male
    is_female = "女" in chart.text if chart.male is None else not chart.male
    strange = table("key_points")["of_women"] if is_male else table("key_points")["of_men"] if is_female else ""
    return not (strange and re.search(strange, question))


def _is_male(text: str) -> bool:
    return "男" in text and "女" not in text


def _is_child(text: str) -> bool:
    return any(word in text for word in ("患儿", "小儿", "婴儿", "孩子", "宝宝", "月龄"))


def next_questions(chart: Chart, settings: Settings, specialty: str, asked: dict[str, int]) -> list[Question]:
    """The questions of the next round, best first; none when nothing is left that is worth asking.

    `asked` is how often each dimension was asked about.
    """
    open_ones = [name for name in relevant(chart, settings) if _may_be_asked(name, chart, asked)]
    worth = _worth(chart, settings)
    if settings.fixed_order or settings.random_questions:
        unasked = [name for name in open_ones if not asked.get(name)]
        if settings.random_questions:
            random.Random(f"{settings.seed}\x1f{chart.text[:64]}\x1f{len(asked)}").shuffle(unasked)
        return [_question(name, chart, worth.get(name, []), "") for name in unasked[: settings.per_round]]
    board = _Board(chart, settings, priorities(specialty), asked)
    scored = [one for name in open_ones if (one := board.scored(name, worth.get(name, [])))]
    if board.is_sufficient(scored):
        return []
    scored.sort(key=lambda one: (-one.value, list(dimensions()).index(one.dimension)))
    return [
        _question(
            one.dimension,
            chart,
            worth.get(one.dimension, []),
            _reason(one, worth.get(one.dimension, []), one.dimension in board.key),
        )
        for one in scored[: settings.per_round]
    ]


class _Scored(NamedTuple):
    """A dimension that may be asked about, and what asking is worth."""

    value: float
    dimension: str
    bits: float
    is_new: bool
    """Nobody has asked about it, and nothing is known of it."""


@dataclass(frozen=True)
class _Board:
    """What a round of questions is judged by."""

    chart: Chart
    settings: Settings
    key: frozenset[str]
    asked: dict[str, int]

    @property
    def must(self) -> frozenset[str]:
        """What the words ask for whatever else is known: a woman who speaks of menses or pregnancy is asked of them."""
        told = self.chart.may_be_pregnant or re.search(table("key_points")["of_women"], self.chart.text)
        return frozenset(("women",) if told else ())

    def scored(self, name: str, signs: list[Deciding]) -> _Scored | None:
        """What a dimension is worth; None when it is worth no question, or beyond a specialist without a generalist."""
        if not self.settings.generalist and name not in self.key:
            return None
        times = self.asked.get(name, 0)
        bits = sum(sign.bits for sign in signs[:_NAMED])
        is_new = name not in self.chart.findings and not times
        if name == "history" and not times:
            # The complaint may name an operation or a drug; what the doctors called it is still to be asked.
            bits += _DIAGNOSIS if diseases_of(fold(self.chart.text)) else _DISEASE
            is_new = True
        must = name in self.must and not times
        is_new = is_new or must
        if times and (times > 1 or bits < _FOLLOW_UP):
            return None
        value = bits
        if not is_new and not times:
            value += _DETAIL
        if is_new and self.settings.generalist:
            value += _COVERAGE + (_HAS_A_STATE if name in always_told() else 0.0)
        if is_new and name in self.key:
            value += _SPECIALTY
        if must:
            value += _NAMED_BY_HER
        return _Scored(value, name, bits, is_new)

    def is_sufficient(self, scored: list[_Scored]) -> bool:
        """Whether the key points are known (JingFang, the end of a consultation).

        Nothing is new that the specialty asks about or that everybody can tell, be it a symptom, the history, the way
        of life or else, and no question is left that would still tell much about the syndrome.
        """
        must = self.key | always_told() | self.must
        return not any((one.is_new and one.dimension in must) or one.bits >= _TELLING for one in scored)


@cache
def always_told() -> frozenset[str]:
    """Dimensions in which everybody is in some state, be it a healthy one: an answer always tells something."""
    return frozenset(table("key_points")["always_told"])


def _may_be_asked(name: str, chart: Chart, asked: dict[str, int]) -> bool:
    """Not what was just said, not what has been asked twice."""
    if chart.is_whole(name):
        return False
    return asked.get(name, 0) < 2 and not (asked.get(name) and chart.asked.get(name) in ("denied", "unknown"))


def _worth(chart: Chart, settings: Settings) -> dict[str, list[Deciding]]:
    """Signs not told yet by dimension, the most telling first."""
    by_dimension: dict[str, list[Deciding]] = {}
    strange = _not_of(chart)
    for sign in deciding_findings(engine(), chart.case, can_examine=settings.role == "practitioner"):
        if sign.sign not in chart.put | strange and not chart.tells(sign.sign):
            by_dimension.setdefault(sign.dimension, []).append(sign)
    return by_dimension


def _not_of(chart: Chart) -> set[str]:
    """Signs that this patient cannot have: of the other sex, or of menses in a woman who may be pregnant."""
    left_out = table("key_points")["left_out"]
    is_male = _is_male(chart.text) if chart.male is None else chart.male
    is_female = "女" in chart.text if chart.male is None else not chart.male
    whom = {"male": is_male, "female": is_female or chart.may_be_pregnant, "pregnant": chart.may_be_pregnant}
    return {sign for who, signs in left_out.items() if whom[who] for sign in signs.split()}


@cache
def priorities(specialty: str) -> frozenset[str]:
    """Dimensions that the key issues of a specialty are about."""
    rows = {row["id"]: row for row in table("specialties")["specialties"]}
    return frozenset(rows[specialty]["priority_dimensions"])


def specialty_of(text: str, child: bool | None = None) -> str:
    """The specialty that a complaint belongs to: JingFang's manager, by the words of the table.

    `child` is whether the patient is one, where that is known.
    """
    if _is_child(text) if child is None else child:
        return "pediatrics"
    best, most = "internal", 0
    for row in table("specialties")["specialties"]:
        hits = sum(word in text for word in row["routing_keywords"])
        if hits > most:
            best, most = row["id"], hits
    return best


def _question(name: str, chart: Chart, worth: list[Deciding], reason: str) -> Question:
    """The wording: the table's opening of the dimension, then the signs that would tell most, in everyday words."""
    # Menses that a complaint names leave the last of them to be asked for.
    again = name in chart.findings and not (name == "women" and "women" not in chart.asked)
    telling = tuple(sign.sign for sign in worth if sign.bits > 0.01)
    told = "，".join(one["text"] for found in chart.findings.values() for one in found if one["polarity"] == "present")
    again = again or (name == "pain" and bool(re.search("[痛疼]", told)))
    stem, fitting = follow_up(name, telling, told) if again else ("", telling)
    # Where nothing of the table fits what was told, it is asked as openly as it can be.
    named = fitting[:_NAMED]
    bits = sum(sign.bits for sign in worth[:_NAMED])
    return Question(name, question_text(name, again, named, stem), named, round(bits, 4), reason, again)


def _reason(one: _Scored, signs: list[Deciding], is_key: bool) -> str:
    """Why it is asked; the bits are those of the signs that it names, as the question has them."""
    told = round(sum(sign.bits for sign in signs[:_NAMED]), 4)
    why = [f"预计可提供 {told:.2f} 比特的辨证信息"]
    if one.bits > told:
        why.append("已有的诊断可缩小证型范围")
    if one.is_new:
        why.append(f"《十问歌》中“{dimensions()[one.dimension]['name_zh']}”尚未问及")
    if is_key:
        why.append("属本专科要点")
    return "；".join(why)
