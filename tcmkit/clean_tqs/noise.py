"""What of one clause is taken out, and why: the JingFang cleaning (Yang, Ma et al., 2025) by rules.

Clause-wise, and cut around clinical terms: "血压升高伴头晕" loses the instrument and keeps the symptom.
What a cut takes with it is never read as a finding.
"""

import re
from typing import NamedTuple

from . import cues
from . import vocabulary as v
from .conclusions import conclusion, diagnosis, mechanism
from .cues import Cue
from .cuts import Cut, opening, start_of
from .grammar import Phrase
from .reading import Reading
from .treatments import treatments

_RECEIVED = re.compile(r"收入|收住|收治|收院|入院|住院|入住")
_LABEL_FROM = re.compile(r"拟诊?|以(?=[“\"]|[^，]{1,20}收)|[“\"]|为(?=[“\"])")
_KEPT_AFTER = re.compile(r"伴有?|出现|并感|仍感|仍有|同时|后出现|时有|时见")
_NORMAL = re.compile(
    r"正常|对称|红润|平坦|居中|清$|齐$|存在|无异常|未见异常|平软|腹软|适中|自如|未触及|未扪及|未及|未闻及|未引出|无畸形"
    r"|（-+）|阴性|^无|^未|无(?=[^，]{1,8}$)|良好|合作|端正|灵敏|通畅|柔软|无压痛"
)
_MAYBE_NORMAL = re.compile(r"[常称润坦中清齐在异软适如触及闻引形（阴无未良合端敏畅压]")
_REFUSES_HISTORY = re.compile(r"接触史|疫")
_OCCASION = re.compile(r"(?:检查)?(?:前|后|下|引导)|史|病史")
"""Behind an instrument: it is when something happened (胃镜检查后腹痛), not what it showed."""
_HINT_LETTER = re.compile(
    r"[院诊治疗术药服予证辨属史素敏父母兄祖收住嘱议拒签详冠疫虑汤丸散饮膏丹煎剂旧宿夙注滴输求乃系方法投健愈规没弟姐妹]"
)
_HINT_WORD = re.compile(
    r"(?=[既家否体重要不望患处未停支检报化余情先禀自1发头瞳])"
    r"(?:既往|家[族属中]|否认|体[健质]|要求|重视|不明|望闻|患[^者儿处侧肢]|处理|未行|停用|支架|检查|报告|化验|余无|情况|先天|禀赋"
    r"|自幼|14天|不[能予]|发育|头颅|瞳孔)"
)
"""Without a letter or a word of these, and without a cue, a clause can hold no noise but pathology."""
_ASIDE = re.compile(r"（[^（）]{0,8}(?:不详|不祥|不明|未见报告|未见化验单)）$")
_ALLERGY_OR_HISTORY = re.compile(r"过敏|史")
_TELLS_RESULT = re.compile(r"示|提示|：|报告|见")
_OPERATED = re.compile(r"(?:19|20)\d\d年?[^，]{0,30}(?:术|支架|放疗|化疗|手术)")
_DAY = re.compile(r"(?:19|20)\d\d[年\-/.]\d{1,2}[月\-/.]\d")
_ADMINISTRATIVE = re.compile(
    r"[院诊治收住科求嘱签拒详冠疫]|检查|建议|告知|重视|不[明清祥]|要求|处理|理|望闻|征求|情况|病史|余无|报告|化验|14天|在意"
)
_ON_THE_WAY = re.compile(
    r"[诊医求住请嘱收]|看病|完善检查|[我本][院科处所]|入(?:病房|院)|出院|来院|保守|建议|告知|为(?:寻|行|明|进|系)"
)
"""A part of every pattern of `administrative.anywhere`."""
_PAST = re.compile(
    r"[史素敏父母兄弟姐妹祖旧宿夙愈健]|既往|患[^者儿处侧肢]|原有|家[族中]|否认|无[^，]{1,40}[病核炎触好血术伤]|体[素质]|先天|禀|自幼|幼时|[服用]药|服用|口服|多次[治就求]"
)


class Verdict(NamedTuple):
    """What a clause holds that is no finding of the patient."""

    cuts: tuple[Cut, ...]
    cues: tuple[Cue, ...]


_CLEAN = Verdict((), ())


def _administrative(reading: Reading) -> Cut | None:
    text = reading.text
    if _ADMINISTRATIVE.search(text) is None:
        return None
    whole = cues.pattern("administrative", "clause").fullmatch(text)
    if whole:
        return Cut("administrative", 0, len(text))
    match = cues.pattern("administrative", "anywhere").search(text) if _ON_THE_WAY.search(text) else None
    if match is None:
        return None
    label = _LABEL_FROM.search(text) if _RECEIVED.search(text) else None
    key = match.end()
    start = max(match.start(), start_of(reading, key, label.start() if label else key))
    kept = [p for p in reading.phrases if p.start >= key and p.dimensions not in ((), ("cause",))]
    end = key if kept else len(text)
    return Cut("administrative", start, end) if end > start else None


def _instrument(reading: Reading, found: tuple[Cue, ...]) -> Cut | None:
    text = reading.text
    keys = [cue.start for cue in found if cue.kind in (cues.MODALITY, cues.ANALYTE)]
    if reading.measured and not text.startswith("脉"):
        keys += [start for start, _, term in reading.tokens if term.kind == v.MEASURE]
    if not keys:
        return None
    key = min(keys)
    ends = [cue.end for cue in found if cue.start == key]
    if ends and _OCCASION.match(text[max(ends) :]):
        return None
    start = min(start_of(reading, key), key)
    end = len(text)
    joined = _KEPT_AFTER.search(text, key)
    if joined and not _TELLS_RESULT.search(text) and any(p.start >= joined.start() for p in reading.symptoms):
        end = joined.start()
    return Cut("instrument_result", start, end)


def _history(reading: Reading) -> Cut | None:
    text = reading.text
    if _PAST.search(text) is None or _REFUSES_HISTORY.search(text):
        return None
    match = cues.pattern("history_patterns").search(text)
    if match is None:
        return None
    return Cut("history", 0 if match.start() < 4 else start_of(reading, match.start()), len(text))


def _cuts(reading: Reading, found: tuple[Cue, ...]) -> list[Cut]:
    text = reading.text
    if ("20" in text or "19" in text) and _OPERATED.search(text) and not _DAY.search(text):
        return [Cut("history", opening(reading), len(text))]
    past = _history(reading)
    if past is not None:
        kinds = {cue.kind for cue in found}
        drugs = cues.DRUG in kinds and not _ALLERGY_OR_HISTORY.search(text)
        if not drugs and cues.MODALITY not in kinds:
            return [past]
    return _present(reading, found)


def _present(reading: Reading, found: tuple[Cue, ...]) -> list[Cut]:
    """Noise of the present illness: the way to hospital first, then labels, instruments, treatment."""
    administrative = _administrative(reading)
    if administrative is not None and (administrative.start == 0 or _RECEIVED.search(reading.text)):
        return [administrative]
    concluded = diagnosis(reading) or conclusion(reading)
    if concluded is not None:
        return [concluded, *(cut for cut in treatments(reading, found) if cut.start >= concluded.end)]
    instrument = _instrument(reading, found) if found or reading.measured else None
    if instrument is not None:
        if administrative is not None and administrative.start < instrument.start:
            return [administrative._replace(end=min(administrative.end, instrument.start)), instrument]
        return [instrument]
    return treatments(reading, found) if administrative is None else [administrative]


def _hinted(text: str) -> bool:
    return _HINT_LETTER.search(text) is not None or _HINT_WORD.search(text) is not None


def verdict(reading: Reading) -> Verdict:
    """The cuts of a clause that hold wherever it stands, and the words that told of them."""
    text = reading.text
    known = bool(reading.phrases) and not reading.unread
    if known and not _hinted(text):
        return _CLEAN
    found = cues.find(text)
    if known or found or reading.measured or _hinted(text):
        cuts = _cuts(reading, found)
    else:
        pathology = mechanism(reading)
        cuts = [] if pathology is None else [pathology]
    aside = _ASIDE.search(text) if text.endswith("）") else None
    if aside is not None:
        cuts = [cut._replace(end=min(cut.end, aside.start())) for cut in cuts]
        cuts.append(Cut("administrative", *aside.span()))
    if not cuts and not found:
        return _CLEAN
    return Verdict(tuple([cut for cut in cuts if cut.end > cut.start]), found)


def is_normal(text: str) -> bool:
    """Whether a clause of a physical examination states that nothing is wrong."""
    return _MAYBE_NORMAL.search(text) is not None and _NORMAL.search(text) is not None


def outside(phrases: list[Phrase], cuts: tuple[Cut, ...]) -> list[Phrase]:
    """The phrases that no cut touches."""
    return [p for p in phrases if not any(p.start < cut.end and cut.start < p.end for cut in cuts)]
