"""Small questions about a clause that only its neighbours raise."""

import re
from functools import lru_cache

from . import vocabulary as v
from .tokens import tokenise

_PROPERTY = re.compile(
    r"^(?:其|且|而|且其|均|但)?(?:量|色|质|味|气味|形|状|呈|程度|性质|部位|日行|每日|一日|每天|日解|日[一二三四五\d]|排出|排(?!除)|夹|带|"
    r"伴血块|[\d一二三四五六七八九十数]+(?:[-~至]\d+)?(?:日|天|次)|按之|按压|触之|质地|边界|表面|分布|散在|密布|融合|时而|最初|继而成|达|难|不易|易|入夜|夜间|夜深|早晨|晨起|午后|活动|平卧|休息|劳累|遇|尤|以|几)"
)  # fmt: skip
_ON_ITSELF = re.compile(r"(?:尤甚|为甚|更甚|最甚|为著|为主|明显|亦有发作|加重|尤剧|难忍|难堪|不可忍|为重|显著|较甚)$")
_LIST_MARK = re.compile(r"[、]|及(?=[^，]{2})")
_FREE_CAUSE = re.compile(
    r"(?![^，]*(?:检查|就诊|入院|住院|治疗|出院|门诊))(?:患者|我|病人|平素|平日|曾|此前|其|[一二三]?[天日月年]前)*"
    r"(?P<cause>(?:因|由于|缘于|恰逢|适逢|误|过食|恣食|贪食|多食|大量|食用|饮用)[^，]{2,16}"
    r"|[^，]{2,12}(?:之?后|所致|诱发|时患病|而发病|而起病|起病|发病|患病))$"
)
_LONGEST_PROPERTY = 14
_MEMORY = 1 << 12


@lru_cache(maxsize=_MEMORY)
def says_more(text: str) -> bool:
    """Whether a clause may only say more about the finding before it: 量中, 以左侧为著."""
    if len(text) > _LONGEST_PROPERTY or not (_PROPERTY.match(text) or _ON_ITSELF.search(text)):
        return False
    for token in tokenise(text):
        kind = token.value.kind
        if kind in (v.COURSE_SUBJECT, v.CAUSE):
            return False
        if kind == v.COURSE and token.end == len(text) and text[token.start :] != "发作":
            return False
    return True


@lru_cache(maxsize=_MEMORY)
def free_cause(text: str) -> tuple[int, int] | None:
    """A cause in free words (因…, …后), where nothing else is known of a clause."""
    match = _FREE_CAUSE.match(text)
    return match.span("cause") if match else None


@lru_cache(maxsize=_MEMORY)
def is_time(text: str, start: int) -> bool:
    """Whether what begins at a place is a time or the manner of onset."""
    return any(token.start == start and token.value.kind in (v.TIME, v.ONSET) for token in tokenise(text))


def listed_items(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The items of a list of past illnesses."""
    items: list[tuple[int, int]] = []
    at = start
    for match in _LIST_MARK.finditer(text, start, end):
        if match.start() - at >= 2 and end - match.end() >= 2:
            items.append((at, match.start()))
            at = match.end()
    items.append((at, end))
    return [(a, b) for a, b in items if b > a]
