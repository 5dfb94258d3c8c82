"""Questions about an acupuncture point, from the lines of old books. Pages with labels: see fields."""

import re
from collections import Counter
from collections.abc import Iterator

from tcmkit.gen_qa.draft import Draft, Passage
from tcmkit.gen_qa.heading import is_point
from tcmkit.gen_qa.quote import ended, sentences, words
from tcmkit.text.edges import HAN, Span, trim

_LINE = re.compile(
    rf"^(?:[○●·]|[一二三四五六七八九十]+、)?(?P<name>[{HAN}]{{2,4}}?)(?:二?[一二]?穴)?"
    r"(?:（[^（）\n]{0,40}）)?[：:，, 。]{0,2}(?=在)",
    re.M,
)
_PLACE = re.compile("寸|陷|间|端|骨|上|下|后|前|中|旁|分|侧")
_NEXT_POINT = re.compile(rf"(?P<name>[{HAN}]{{2,3}})(?:[一二]?穴)?[，： ]{{0,2}}[夹直挟入]")
_PLACED = re.compile(rf"[{HAN}、]{{2,6}}?(?:[一二]穴)?[，： ]{{0,2}}在")
_ORIGIN = re.compile("脉气|之会|所[发注出入溜行过生]|为[井荥俞输原经合]|[之]?[络郄募]也|别走")
_FINDING = re.compile("取之|取穴|取法|得之|宛宛|动脉|动应手|是穴|两筋|容[豆指]")
_NEEDLE = re.compile(r"(?:禁?针入?|刺入?|可?禁?灸)[一二三四五六七八九十百]|禁[针灸刺]")
_NEEDLE_ONLY = re.compile(rf"[{HAN}0-9，、]*[。]?$")
_NEEDLE_WORDS = re.compile("禁?[可不]?[针刺灸]|[一二三四五六七八九十百]+[壮分](?!之)")
_TECHNIQUE = re.compile(
    "针[一二三四五六七八九十半入]|刺[一二三四五六七八九十半入]|灸(?!之属)|禁[针刺]|不可[针刺]"
    "|留[一二三四五六七八九十]+呼|得气|[泻补][五三七]吸|[一二三四五六七八九十百]壮"
)
_ENDS_USE = re.compile(f"[曰云《]|{_TECHNIQUE.pattern}")
_BREAK = re.compile(r"[ \t]*\n\s*(?=\S)")
_FRESH = re.compile(
    rf"[○●·《（(\\【〔0-9上右以\r]|主?治|[{HAN}]{{2,5}}二?[一二]?穴|[{HAN}]{{2,4}}(?:（[^（）\n]*）)?"
    r"[ ：:，。]*[在当夹直挟从]"
    rf"|[{HAN}]{{2,8}}[云曰]|[{HAN}]{{2,4}}[：（]|[{HAN}]部|[一二三四五六七八九十]+、"
)
_NOT_PLACE = re.compile("治|主|一名|又名|痘|揉|推|症|宜|忌|针|灸|疗|刺|曰|云|不在|在于|何")
_INDICATION = re.compile("(?:主治|主(?![之要病方气])|治|疗)")


def _location(text: str, start: int, end: int) -> Span | None:
    """Where the point lies: 在…寸…, up to the statement of needle, moxa or use.

    Books that set 。 for every comma spread it over several sentences. Behind a sentence on the channel (脉气所发) only
    one that helps to find the point still belongs to it.
    """
    begins = stops = -1
    aside = False
    for first, last in sentences(text, start, min(end, start + 300)):
        found = text[first:last]
        if begins < 0:
            if found[0] != "在":
                return None
            begins = first
        elif _another_point(found) or "\n" in text[begins:first]:
            break
        if _NOT_PLACE.search(found) or _NEEDLE_WORDS.match(found):
            break
        if not ended(found):
            return None
        aside = aside or bool(_ORIGIN.search(found))
        if not aside or _PLACE.search(found) or _FINDING.search(found):
            stops = last
    sure = stops > 0 and 6 <= stops - begins <= 160 and _PLACE.search(text, begins, stops)
    return (begins, stops) if sure else None


def _another_point(sentence: str) -> bool:
    """Whether a sentence goes on to another point: 陶道，在大椎下."""
    if _PLACED.match(sentence) or is_point(sentence.rstrip("。")):
        return True
    lead = _NEXT_POINT.match(sentence)
    return bool(lead and any(is_point(lead["name"][-size:]) for size in (2, 3)))


def _needling(text: str, start: int, end: int) -> Span | None:
    """All that is said of needle and moxa: the run of sentences on depth, breaths and cones, and none elsewhere."""
    begins = stops = -1
    for first, last in sentences(text, start, end):
        found = text[first:last]
        speaks = _TECHNIQUE.search(found)
        if begins < 0:
            if not speaks:
                continue
            if not _NEEDLE.match(found):
                return None
            begins = first
        elif not speaks:
            break
        if not _NEEDLE_ONLY.match(found) or not ended(found) or "治" in found or "主" in found:
            return None
        stops = last
    if begins < 0 or stops - begins > 120 or _TECHNIQUE.search(text, stops, end) or _cut(text, stops):
        return None
    return begins, stops


def _indications(text: str, start: int, end: int) -> Span | None:
    """All that the point is said to be good for, in one stretch of a line, and nothing elsewhere."""
    begins = stops = -1
    for first, last in sentences(text, start, end):
        found = text[first:last]
        if begins < 0:
            if not _INDICATION.match(found):
                if _INDICATION.search(found):
                    return None
                continue
            begins = first
        elif "\n" in text[begins:first] or _another_point(found) or _ENDS_USE.search(found):
            break
        if not ended(found) or _ENDS_USE.search(found):
            return None
        stops = last
    if begins < 0 or not 5 <= stops - begins <= 240 or _INDICATION.search(text, stops, end) or _cut(text, stops):
        return None
    return begins, stops


def _cut(text: str, end: int) -> bool:
    """Whether a line break stands behind the answer and the next line goes on in the middle of something."""
    broken = _BREAK.match(text, end)
    return bool(broken) and not _FRESH.match(text, broken.end() if broken else end)


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


def _one_point(name: str) -> bool:
    """Whether only one point is called so: 五里 lies on the arm and on the thigh."""
    return name.removesuffix("穴") not in words("shared_point_names")


def acupoint_drafts(passage: Passage) -> Iterator[Draft]:
    """Location, needling and indications of the points that begin a line or head the passage."""
    text = passage.text
    if "在" not in text:
        return
    found = list(_LINE.finditer(text))
    lines = Counter(match["name"] for match in found)
    if is_point(passage.heading) and _one_point(passage.heading) and passage.heading not in lines:
        start = trim(text, 0, len(text))[0]
        yield from _point_drafts(passage, passage.heading, start, len(text))
    for match in found:
        name = match["name"]
        if is_point(name) and name != passage.heading and _one_point(name) and lines[name] == 1:
            line_end = text.find("\n", match.end())
            yield from _point_drafts(passage, name, match.end(), line_end if line_end > 0 else len(text))
