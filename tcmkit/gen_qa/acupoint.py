"""Questions about an acupuncture point, from the lines of old books. Pages with labels: see fields."""

import re
from collections.abc import Iterator

from tcmkit.gen_qa.draft import Draft, Passage
from tcmkit.gen_qa.heading import is_point
from tcmkit.gen_qa.quote import HAN, Span, ended, sentences, trim

_LINE = re.compile(
    rf"^(?:[○●·]|[一二三四五六七八九十]+、)?(?P<name>[{HAN}]{{2,4}}?)(?:二?[一二]?穴)?"
    r"(?:（[^（）\n]{0,40}）)?[：:，, 。]{0,2}(?=在)",
    re.M,
)
_PLACE = re.compile("寸|陷|间|端|骨|上|下|后|前|中|旁|分|侧")
_NEEDLE = re.compile(r"(?:针入?|刺入?|可?灸)[一二三四五六七八九十百]")
_NEEDLE_ONLY = re.compile(rf"[{HAN}0-9，、]*$")
_NOT_PLACE = re.compile("治|主|针|灸|疗|刺|曰|云|不在|在于|何")
_INDICATION = re.compile("(?:主治|主(?![之要病方气])|治|疗)")


def _location(text: str, start: int, end: int) -> Span | None:
    """A sentence that says where the point lies: 在…寸…。"""
    for first, last in sentences(text, start, min(end, start + 160)):
        found = text[first:last]
        if not ended(found) or not 6 <= len(found) <= 80:
            return None
        if found[0] == "在" and _PLACE.search(found) and not _NOT_PLACE.search(found):
            return first, last
        return None
    return None


def _needling(text: str, start: int, end: int) -> Span | None:
    """A sentence of nothing but depth of the needle and number of cones."""
    for first, last in sentences(text, start, min(end, start + 200)):
        found = text[first:last].rstrip("。")
        if (
            _NEEDLE.match(found)
            and len(found) <= 40
            and "治" not in found
            and "主" not in found
            and ended(text[first:last])
        ):
            return (first, last) if _NEEDLE_ONLY.match(found) else None
    return None


def _indications(text: str, start: int, end: int) -> Span | None:
    """A sentence that says what the point is good for."""
    for first, last in sentences(text, start, min(end, start + 300)):
        found = text[first:last]
        if _INDICATION.match(found):
            return (first, last) if ended(found) and 5 <= len(found) <= 200 else None
    return None


def _point_drafts(passage: Passage, name: str, start: int, end: int) -> Iterator[Draft]:
    point = name if name.endswith("穴") else f"{name}穴"
    location = _location(passage.text, start, end)
    if location is None:
        return
    behind = location[1]
    yield Draft("acupoint", "location", point, passage.ask(f"{point}如何定位取穴？"), *location)
    needling = _needling(passage.text, behind, end)
    if needling:
        yield Draft("acupoint", "technique", point, passage.ask(f"{point}如何操作（针刺或艾灸）？"), *needling)
    indications = _indications(passage.text, behind, end)
    if indications:
        yield Draft("acupoint", "use", point, passage.ask(f"{point}主治哪些病证？"), *indications)


def acupoint_drafts(passage: Passage) -> Iterator[Draft]:
    """Location, needling and indications of the points that begin a line or head the passage."""
    text = passage.text
    if "在" not in text:
        return
    if is_point(passage.heading):
        start = trim(text, 0, len(text))[0]
        yield from _point_drafts(passage, passage.heading, start, len(text))
    for match in _LINE.finditer(text):
        if is_point(match["name"]) and match["name"] != passage.heading:
            line_end = text.find("\n", match.end())
            yield from _point_drafts(passage, match["name"], match.end(), line_end if line_end > 0 else len(text))
