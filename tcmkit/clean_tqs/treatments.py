"""Treatment told in a record: Western treatment is removed, Chinese treatment is history."""

import re

from . import cues
from .cues import Cue
from .cuts import Cut, start_of
from .reading import Reading

_AFTER_TREATMENT = re.compile(r"后|，|(?=(?:症状|病情|感染|效果|疗效|未见|无效|不效|稍|略|好转|缓解|减轻))")
_OUTCOME = re.compile(r"(?<=治疗|服药)(?=后?(?:未|无|不效|症状|病情|稍|略|好转|缓解|减轻))")
_TREATED = re.compile(r"(?:治疗|处理|治|药|术|片|疗)(?=后|[^，]{0,4}(?:症|感|效|好|缓|减|无|未|病))")
_WESTERN = re.compile(r"[疗理治救药术架]")
_FORMULA = re.compile(r"[汤丸散饮膏丹煎颗胶口合冲糖洗搽]")
"""A letter of every match of `treatment_patterns.western`, and of `formula`."""
_DRUG_CONTEXT = re.compile(r"过敏|史$")


def treatments(reading: Reading, found: tuple[Cue, ...]) -> list[Cut]:
    """The treatments of a clause."""
    text = reading.text
    drugs = [cue for cue in found if cue.kind == cues.DRUG]
    western = [cue for cue in found if cue.kind in (cues.DRUG, cues.TREATMENT)]
    if drugs and _DRUG_CONTEXT.search(text):
        return []
    tcm = _tcm_from(text, found)
    if not western:
        if tcm is not None:
            told = _OUTCOME.search(text, tcm)
            return [Cut("history", start_of(reading, tcm), told.start() if told else len(text))]
        match = _western_words(text)
        return [_western(reading, match.start(), match.end())] if match else []
    first = min(cue.start for cue in western)
    if tcm is not None and tcm < first and drugs:
        return [Cut("history", start_of(reading, tcm), _before(text, first)), _western(reading, first, first, False)]
    match = _western_words(text)
    key = min(first, match.start()) if match else first
    alone = not drugs and not match and reading.symptoms
    return [] if alone else [_western(reading, key, max(cue.end for cue in western))]


def _western_words(text: str) -> re.Match[str] | None:
    return cues.pattern("treatment_patterns", "western").search(text) if _WESTERN.search(text) else None


def _before(text: str, at: int) -> int:
    while at > 0 and text[at - 1] in "、和及，":
        at -= 1
    return at


def _tcm_from(text: str, found: tuple[Cue, ...]) -> int | None:
    starts = [cue.start for cue in found if cue.kind == cues.TCM_TREATMENT]
    starts = [at for at in starts if not text.startswith("如", at - 1)]
    if cues.pattern("treatment_patterns", "taking").search(text) and _FORMULA.search(text):
        match = cues.pattern("treatment_patterns", "formula").search(text)
        if match:
            starts.append(match.start())
    return min(starts, default=None)


def _western(reading: Reading, key: int, least_end: int, widen: bool = True) -> Cut:
    text = reading.text
    start = start_of(reading, key) if widen else key
    end = len(text)
    tail = [p for p in reading.phrases if p.start >= least_end and p.dimensions and p.polarity == "present"]
    match = _TREATED.search(text[key:]) if tail else None
    if match and key + match.end() >= least_end:
        end = key + match.end()
    elif tail and _AFTER_TREATMENT.search(text, least_end):
        end = min(tail[0].start, len(text))
        while end > least_end and text[end - 1] in "后，":
            end -= 1
    return Cut("western_treatment", min(start, key), max(end, least_end))
