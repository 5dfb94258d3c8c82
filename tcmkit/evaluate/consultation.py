"""`tcm eval consult`: what one consultation asked, learnt and concluded, held against the case that was played.

JingFang (2025, judging a consultation): rounds, similarity and BLEU-1 to a reference; the played patient is to be
faithful to its case, brief, and to answer only what is asked. Coverage by round and the syndrome by round are ours.
"""

from dataclasses import dataclass
from typing import Any

from tcmkit.classify import Classifier, canonical, label_of
from tcmkit.classify import Settings as ClassifySettings
from tcmkit.clean_tqs import Cleaner, fold
from tcmkit.clean_tqs import Settings as CleanSettings
from tcmkit.errors import RecordError
from tcmkit.evaluate.likeness import bleu1, cosine
from tcmkit.language import both
from tcmkit.records import Drop, Record, content_id
from tcmkit.tables import table

ENOUGH = 0.9
"""Share of the dimensions at which `rounds_to_90` counts."""
_ENDS = "。！？!?；;"
Point = tuple[str, str, str]
"""A key point: dimension, polarity, words."""


@dataclass(frozen=True)
class Transcript:
    """A line that can be measured."""

    key: str
    turns: list[Record]
    consultation: Record
    case: Record | None
    """The cleaned case that was played; None for a script without one."""
    label: str


class Measurer:
    """Measures transcripts. One serves many."""

    def __init__(self, reference: str = "") -> None:
        """`reference` is the field with the record to compare with; "" is the case's own clean text."""
        self._reference = reference
        self._clean = Cleaner(CleanSettings(only_records=False))
        self._classify = Classifier(ClassifySettings(top=1))

    def read(self, record: Record) -> Transcript:
        """Raises RecordError `no_consultation`, `bad_consultation`, `bad_field`."""
        consultation = record.get("consultation")
        if not isinstance(consultation, dict):
            raise RecordError("no_consultation")
        turns = consultation.get("turns")
        if not isinstance(turns, list) or not turns or not all(map(_is_turn, turns)):
            raise RecordError(
                "bad_consultation",
                both("turns: a list of objects with round, role and text", "turns 应为含 round、role、text 的对象列表"),
            )
        case = self._case_of(record)
        identifier = record.get("id")
        key = str(identifier) if identifier not in (None, "") else content_id(str(record.get("text", turns[0]["text"])))
        return Transcript(key, turns, consultation, case, label_of(record))

    def __call__(self, record: Record) -> tuple[Transcript, Record]:
        """A transcript and its measures. Raises as both methods do."""
        read = self.read(record)
        return read, self.measured(record, read)

    def measured(self, record: Record, transcript: Transcript) -> Record:
        """What `measures` holds. Raises RecordError `no_reference` when the field named is no text."""
        case, curve = transcript.case, self._curve(transcript)
        asked = [turn for turn in transcript.turns if turn["role"] == "doctor"]
        wordings = [fold(str(turn["text"])) for turn in asked]
        reached = [row["round"] for row in curve if (row["dimensions"] or 0) >= ENOUGH]
        made = self._cleaned("\n".join(_statements(transcript.turns)))
        reference = self._reference_of(record, case)
        return {
            "rounds": curve[-1]["round"],
            "questions": len(asked),
            "repeated_questions": len(wordings) - len(set(wordings)),
            "ended": transcript.consultation.get("ended"),
            "rounds_to_90": reached[0] if reached else None,
            "curve": curve,
            "groups": _by_group(case, made) if case else None,
            "syndrome": self._syndromes(transcript, curve),
            "similarity": cosine(_record_of(transcript, made), reference) if reference else None,
            "bleu1": bleu1(_record_of(transcript, made), reference) if reference else None,
            "red_flag": red_flag(transcript.turns, transcript.consultation),
            "patient": self._patient(transcript.turns, case) if case else None,
        }

    def _case_of(self, record: Record) -> Record | None:
        if not isinstance(record.get("text"), str) or not record["text"].strip():
            return None
        return record if isinstance(record.get("tqs"), dict) else self._cleaned(record["text"])

    def _cleaned(self, text: str) -> Record:
        if not text.strip():
            return {"text": text, "tqs": {}, "clean_text": ""}
        cleaned = self._clean({"text": text})
        return {"tqs": {}, "clean_text": text, **({"text": text} if isinstance(cleaned, Drop) else cleaned[0])}

    def _reference_of(self, record: Record, case: Record | None) -> str:
        if self._reference:
            given = record.get(self._reference)
            if not isinstance(given, str) or not given.strip():
                raise RecordError("no_reference", self._reference)
            return given
        return str((case or {}).get("clean_text") or "")

    def _named(self, case: Record) -> str:
        if not case.get("tqs"):
            return ""
        made = self._classify({"text": case["text"], "tqs": case["tqs"]})
        return "" if isinstance(made, Drop) else str(made[0]["syndrome"])

    def _curve(self, transcript: Transcript) -> list[Record]:
        """After each round: questions so far, shares of dimensions and key points, the syndrome as it looks then."""
        points = points_of(transcript.case) if transcript.case else set()
        rows: list[Record] = []
        for number in range(max(int(turn["round"]) for turn in transcript.turns) + 1):
            turns = [turn for turn in transcript.turns if turn["round"] <= number]
            told = self._cleaned("\n".join(_statements(turns)))
            named = self._named(told)
            rows.append(
                {
                    "round": number,
                    "questions": sum(turn["role"] == "doctor" for turn in turns),
                    "dimensions": _share({p[0] for p in points}, set(told["tqs"])),
                    "key_points": _share(points, {point for point in points if is_told(point, told)}),
                    "syndrome": named or None,
                    "right": named == transcript.label if transcript.label else None,
                }
            )
        return rows

    def _syndromes(self, transcript: Transcript, curve: list[Record]) -> Record:
        """The label, the built-in engine's name for the full record and for what was told, the model's if one spoke."""
        label, full = transcript.label, self._named(transcript.case) if transcript.case else ""
        advice = transcript.consultation.get("advice") or {}
        model = (advice.get("model_syndrome") or {}).get("syndrome")
        return {
            "label": label or None,
            "full_record": full or None,
            "consultation": curve[-1]["syndrome"],
            "right_full_record": full == label if label and full else None,
            "right": curve[-1]["right"],
            **({"model": model, "right_model": canonical(model) == label if label else None} if model else {}),
        }

    def _patient(self, turns: list[Record], case: Record) -> Record:
        """How well the case was played: shares of findings in answers that stand in it, and that were asked for."""
        answers = [turn for turn in turns if turn["role"] == "patient" and turn.get("dimension")]
        found = faithful = asked_for = 0
        own, text = points_of(case), fold(case["text"])
        for turn in answers:
            for point in points_of(self._cleaned(str(turn["text"]))):
                found += 1
                faithful += stands_in(point, own, text)
                asked_for += point[0] == turn["dimension"]
        return {
            "answers": len(answers),
            "characters": sum(len(turn["text"]) for turn in answers),
            "findings": found,
            "faithful": faithful,
            "asked_for": asked_for,
        }


def _is_turn(turn: Any) -> bool:
    return (
        isinstance(turn, dict)
        and type(turn.get("round")) is int
        and 0 <= turn["round"] <= 1000
        and all(isinstance(turn.get(name), str) for name in ("role", "text"))
    )


def _statements(turns: list[Record]) -> list[str]:
    """What the record of the consultation holds: as it was written down, else as it was said."""
    said = [str(turn.get("wrote", turn["text"])).strip() for turn in turns if turn["role"] == "patient"]
    return [words + ("" if words[-1] in _ENDS else "。") for words in said if words]


def _record_of(transcript: Transcript, made: Record) -> str:
    advice = transcript.consultation.get("advice") or {}
    return str(advice.get("clean_text") or made.get("clean_text") or "")


def points_of(case: Record) -> set[Point]:
    """The key points of a case: its findings, each wording once."""
    return {
        (name, str(finding["polarity"]), fold(str(finding["text"])))
        for name, findings in case["tqs"].items()
        for finding in findings
    }


def is_told(point: Point, told: Record) -> bool:
    """Whether the same is known: same dimension and polarity, one wording within the other."""
    name, polarity, words = point
    known = (fold(str(one["text"])) for one in told["tqs"].get(name, ()) if one["polarity"] == polarity)
    return any(words in one or one in words for one in known)


def stands_in(point: Point, own: set[Point], text: str) -> bool:
    """Whether a case says what an answer says: a finding of the same polarity, or the words and no opposite."""
    _name, polarity, words = point
    like = {other[1] for other in own if words in other[2] or other[2] in words}
    return polarity in like or (not like and words in text)


def _share(of: set[Any], known: set[Any]) -> float | None:
    return round(len(of & known) / len(of), 4) if of else None


def _by_group(case: Record, told: Record) -> dict[str, list[int]]:
    """Key points known, and in the case, in the four groups of the paper."""
    points = points_of(case)
    groups: dict[str, list[str]] = table("key_points")["groups"]
    return {
        group: [sum(point[0] in names and is_told(point, told) for point in points), sum(p[0] in names for p in points)]
        for group, names in groups.items()
    }


def red_flag(turns: list[Record], consultation: Record) -> Record:
    """Whether a red flag was found, ended it, and how many questions came after it.

    >>> red_flag([{"role": "red_flag"}], {"ended": "red_flag"})
    {'found': 1, 'stopped': True, 'asked_on': 0}
    """
    flags = [number for number, turn in enumerate(turns) if turn["role"] == "red_flag"]
    asked_on = sum(turn["role"] == "doctor" for turn in turns[flags[0] :]) if flags else 0
    stopped = consultation.get("ended") == "red_flag" and not asked_on
    return {"found": len(flags), "stopped": stopped if flags else None, "asked_on": asked_on}
