"""Tongue and pulse: body and coating are two findings, the pulse of one clause is one.

They need their own reading because their words (弦, 细, 红, 干) mean something else elsewhere.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from . import vocabulary as v
from .grammar import Phrase
from .tokens import Token


class Region(NamedTuple):
    """A stretch of a clause that speaks of the tongue or the pulse."""

    start: int
    end: int
    dimension: str


_START = re.compile(
    r"(?P<coating>舌?(?:几乎)?没(?:有|什么|啥)*舌?苔|舌?[薄厚少无白黄灰黑腻剥滑花燥腐垢]{1,4}苔(?![藓薄厚白黄灰黑腻剥滑少无燥腐质色淡微略根中])|舌苔|苔(?!藓))"
    r"|(?P<body>(?<![口唇弄吐])(?:启齿见)?舌(?!燥|謇|蹇|上生疮|下含|干口|疮|痛|麻|根痛))"
    r"|(?P<pulse>(?:左手|右手|两手|双手|左|右|两|双|六|诸|其)?(?:手)?(?:腕)?(?:寸口|寸关尺|寸关|关尺|寸|关|尺)?(?<![静动经筋络冠血命山支按诊切])脉(?!络|管|道|冲)|指纹)"
)
_BODY_DETAIL = re.compile(
    r"(?:且|而|，|、|及|伴|并|可见|见)*(?P<detail>(?:舌?[边尖根中]{1,2}(?:部|缘)?(?:有|见|可见)|有|可见|见)"
    r"[^，、]{0,4}(?:齿痕|齿印|裂纹|瘀[点斑]|芒刺|点刺|红点)|舌?[边尖]{1,2}(?=红|赤|绛))"
)
_MAYBE_DETAIL = re.compile(r"[痕印纹斑芒刺点]|[边尖][红赤绛]")
"""A part of every detail."""
_EMPTY = re.compile(r"(?:左|右|两|双|六|诸|其|手|寸|关|尺|口)*(?:舌苔?|舌质|舌体|苔|脉象?)[：、及和 ]*$")
_TONGUE_GOES_ON = re.compile(
    r"(?:可见|见|有|且|而|唯|惟|稍|略|微|尚|但|舌)*(?:中心|中间|根部|边尖|边缘|两边|边|尖|根|中|体|质|上|面|色|下)?"
    r"[^，]{0,8}?(?:齿痕|齿印|裂纹|瘀点|瘀斑|芒刺|胖大?|瘦小?|淡?红|绛|紫|暗|少津|干|燥|润|腻|剥脱?|黄|白|厚|薄|滑|光|少|无|腐|糙|津)$"
)
_ELSEWHERE = re.compile(r"[脸颜颧眼目眶唇颊身肤鼻咽喉耳尿溲便痰带涕疹]|面[色部红赤黄白青]|[手足][心掌]")
"""Another part of the body, whose colours are called as those of the tongue are."""
_TONGUE_PLACE = re.compile(r"(?:可见|见|有|且|其)*(?:[边尖根]|中[心有间]|两[侧边])")
_PULSE_GOES_ON = re.compile(
    r"(?:左|右|两(?=[手腕侧边寸关尺脉浮沉迟数虚实洪大细弱濡弦紧缓滑涩])|双|尺|寸|关|重按|轻按|按之|沉取|浮取|按压时?|重取|轻取|频率|节律|至数|一息|应指|几乎摸不到|每分钟|心率|律|右手|左手)[^，]{0,16}$"
    r"|(?:略|微|而|稍|兼|带|时|尚|但|均|且)*[浮沉迟数虚实洪大微细弱濡散芤革牢弦紧缓滑涩长短促结代动伏疾小软]{1,4}"
    r"(?:而?(?:有力|无力|[浮沉迟数虚实洪大微细弱濡弦紧缓滑涩结代]))?$|(?:重按|按之)?(?:有力|无力)$"
)


def regions(clause: str, tokens: Sequence[Token]) -> list[Region]:
    """Where the clause speaks of tongue and pulse, in order; joined pulse parts are one region."""
    starts = [(m.start(), "pulse" if m.lastgroup == "pulse" else "tongue", m) for m in _START.finditer(clause)]
    found: list[Region] = []
    for index, (at, dimension, match) in enumerate(starts):
        start = at
        if match.group() == "指纹":
            continue
        if dimension == "pulse" and found and found[-1].dimension == "pulse" and found[-1].end >= start:
            start = found.pop().start
        limit = starts[index + 1][0] if index + 1 < len(starts) else len(clause)
        found.append(Region(start, _end(clause, tokens, match.end(), limit, dimension), dimension))
    return found


def _end(clause: str, tokens: Sequence[Token], at: int, limit: int, dimension: str) -> int:
    """End of a region: before the next thing that is no tongue or pulse word."""
    allowed = v.word_set(f"{dimension}_may_hold")
    for start, end, term in tokens:
        if start < at or start >= limit:
            continue
        word = clause[start:end]
        if (term.kind == v.TOPIC and len(word) > 1) or _breaks(term, word, allowed):
            return start
    return limit


def _breaks(term: v.Term, word: str, allowed: frozenset[str]) -> bool:
    symptom = term.kind == v.HEAD and term.dimensions != ("complexion_form",)
    return symptom and len(word) > 1 and word not in allowed


def phrases(clause: str, region: Region) -> list[Phrase]:
    """The findings of a region."""
    start, end = _trimmed(clause, region.start, region.end)
    if _EMPTY.match(clause[start:end]):
        return []
    if region.dimension == "pulse":
        return _pulse(clause, start, end)
    found: list[Phrase] = []
    at = start
    details = _BODY_DETAIL.finditer(clause, start, end) if _MAYBE_DETAIL.search(clause, start, end) else ()
    for match in details:
        if match.start() - at > 1:
            found.append(_tongue(clause, at, match.start()))
            at = match.start("detail")
    found.append(_tongue(clause, at, end))
    return [phrase for phrase in found if phrase.end - phrase.start > 1]


def _pulse(clause: str, start: int, end: int) -> list[Phrase]:
    """One finding, or several where 、 joins whole descriptions."""
    cuts = [i for i in range(start, end) if clause[i] == "、"]
    edges = list(zip([start, *(i + 1 for i in cuts)], [*cuts, end], strict=True))
    if min(b - a for a, b in edges) < 3:
        edges = [(start, end)]
    return [Phrase(a, b, ("pulse",), "present") for a, b in edges]


def _tongue(clause: str, start: int, end: int) -> Phrase:
    start, end = _trimmed(clause, start, end)
    return Phrase(start, end, ("tongue",), "present")


def _trimmed(clause: str, start: int, end: int) -> tuple[int, int]:
    while end > start and clause[end - 1] in "、且而及伴并见 ：":
        end -= 1
    while start < end and clause[start] in "、 ：且而":
        start += 1
    return start, end


def is_detail(clause: str) -> bool:
    """Whether a clause behind the tongue tells a detail of it in words that skin would use too: 边有瘀点.

    >>> is_detail("边有瘀点"), is_detail("面部瘀斑")
    (True, False)
    """
    return _TONGUE_PLACE.match(clause) is not None and goes_on(clause, "tongue")


def goes_on(clause: str, dimension: str) -> bool:
    """Whether a clause without the word 舌 or 脉 still speaks of it: 边有齿痕, 右弦滑.

    >>> goes_on("边有齿痕", "tongue"), goes_on("右弦滑略数", "pulse"), goes_on("纳差", "pulse")
    (True, True, False)
    >>> goes_on("下午脸红", "tongue"), goes_on("两年", "pulse")
    (False, False)
    """
    if len(clause) > 20 or (dimension == "tongue" and _ELSEWHERE.search(clause)):
        return False
    pattern = _PULSE_GOES_ON if dimension == "pulse" else _TONGUE_GOES_ON
    return pattern.match(clause) is not None
