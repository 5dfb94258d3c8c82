"""Compositions of formulas as old and new books print them: a grammar of herb, note and dose."""

import re
from functools import lru_cache
from typing import NamedTuple

from tcmkit.gen_qa.heading import herbs
from tcmkit.gen_qa.quote import sentences, words
from tcmkit.tables import table
from tcmkit.text.edges import HAN

_NUM = r"[一二三四五六七八九十百半两数〇零0-9０-９.]"
_UNIT = (
    r"(?:方寸匕|斤|两|钱匕|钱|分|厘|铢|升|合|斗|大枚|小枚|枚|个|片|条|茎|根|握|把|粒|具|对|尺|寸|撮|匕|盏|杯|碗|只|"
    r"团|块|朵|匙|张|瓣|节|颗|枝|支|文|字|kg|mg|g|克|毫克|毫升|ml|mL)"
)
_MEASURE = rf"(?:各|重|约|每)?{_NUM}+\s?{_UNIT}(?:{_NUM}*{_UNIT}|{_NUM}(?![{HAN}]))?(?:半|余)?"
_DOSE = rf"(?:{_MEASURE}|各?等分|各?少许|适量|不拘多少|减半)"
_NOTE = r"(?:（[^（）\n]{0,60}）|\([^()\n]{0,60}\)|〔[^〔〕\n]{0,60}〕)"
_HANDLING = r"[，,][去切洗炙炒炮擘碎熬煮泡浸捣研烧煅酒姜醋蜜汤锉][^\s，,。；;、（）()]{0,7}(?=[\s。；;，,]|$)"
_NAME_ONLY = re.compile(rf"(?P<name>[{HAN}]{{1,8}})(?P<amount>)(?=[\s、，,；;。]|$)")
_AMOUNT = rf"(?:{_NOTE}[ \t]?{_DOSE}|{_DOSE}[ \t]?{_NOTE}|{_NOTE}|{_DOSE})"
_DOSED = re.compile(rf"(?P<name>[{HAN}]{{1,8}}?)(?P<amount>[ \t]?{_AMOUNT}(?:{_HANDLING})?)")
_SEPARATOR = re.compile(r"[\s、，,；;]*")
_HAS_DOSE = re.compile(_DOSE)
_PREFIX = frozenset("生炒炙制煨炮酒醋盐蜜姜焦煅净真好川广怀淮北南杭云苏大小细粗黑白赤明干鲜熟陈嫩老肥甜苦上")
_PART = frozenset("末粉汁根叶花子仁皮肉节梢尾头身须茎穗炭霜尖心核实屑油片块米面曲苗梗灰膏")
_COUNT = re.compile(r"[上右](?:件)?(?:药)?([一二三四五六七八九十]{1,3})[味物件]")
_FOLLOWS = re.compile(r"[\s。；;，,]*(?:$|[上右以共为研水每合加各先和捣用煎酒米蜜治此（(【〔一空临服食生姜调])")
_SINGLE = frozenset("姜枣术盐酒醋蜜葱艾漆豉茶曲墨")
_NOT_ITEM = re.compile("^(?:[上右各另再又每入加同共]|以上|用|水[一二三半]|为|其|方|一方)|[汤散丸饮方服糊为煎]|或|等分")
_LOST = re.compile(f"（ |[{HAN}，、（] [{HAN}，、）]|[，、（][，、）]|浓|根据")
_ADDED_VERB = re.compile(rf"(?:入|加|外加|再加|更加|另加|同|和|并|用)(?P<name>[{HAN}]{{2,5}})")
_CHANGES = re.compile(
    "若|如(?!梧|桐|弹|豆|泥|膏|常|前|法|绿|小豆|粟|麻子|芡|鸡|皂|豌|龙眼|枣|樱|黍|饧)"
    "|加减|渴|热甚|[虚实寒热痛]者|一方|又方"
)
_DIGITS = {d: i for i, d in enumerate("零一二三四五六七八九")}
MOST = 40
FIRST_DOSE = 120
"""Within so many characters a list of herbs states its first dose."""


class Recipe(NamedTuple):
    """A composition found in a text."""

    start: int
    end: int
    names: tuple[str, ...]
    counted: bool
    """The text itself states the number of items, and it is this one."""


def number(numeral: str) -> int:
    """A Chinese numeral below a hundred.

    >>> number("十二"), number("二十一"), number("七")
    (12, 21, 7)
    """
    tens, ten, ones = numeral.rpartition("十")
    if not ten:
        return _DIGITS.get(numeral, 0)
    return (_DIGITS.get(tens, 1) if tens else 1) * 10 + _DIGITS.get(ones, 0)


def dose_positions(text: str, start: int = 0, end: int | None = None) -> list[int]:
    """Where doses begin in a stretch of text."""
    return [match.start() for match in _HAS_DOSE.finditer(text, start, len(text) if end is None else end)]


def _simple(name: str) -> bool:
    """Whether a name is in the table, or a name of it with a word for source, processing or part of the plant."""
    names = herbs().names
    if name in names or name in _SINGLE:
        return True
    front = [0, *(cut for cut in (1, 2) if set(name[:cut]) <= _PREFIX)]
    behind = [0, *(cut for cut in (1, 2) if set(name[-cut:]) <= _PART)]
    return any(name[first : len(name) - last] in names for first in front for last in behind)


@lru_cache(maxsize=1 << 16)
def known(name: str) -> bool:
    """Whether a name is a herb, or two that were printed without a blank between them.

    >>> known("生白术"), known("白茯苓甘草"), known("药牛膝")
    (True, True, False)
    """
    if _simple(name):
        return True
    return any(_simple(name[:cut]) and _simple(name[cut:]) for cut in range(2, len(name) - 1))


def _items(text: str, start: int, end: int) -> tuple[list[tuple[str, str]], int]:
    """Items one after another from `start`: (name, amount) each, and where the last one ends."""
    found: list[tuple[str, str]] = []
    position = last = start
    while position < end and len(found) < MOST:
        match = _DOSED.match(text, position, end) or _NAME_ONLY.match(text, position, end)
        if match is None:
            break
        name, amount = match["name"], match["amount"]
        if _NOT_ITEM.search(name):
            break
        if not known(name) and not (amount and _HAS_DOSE.search(amount) and len(name) <= 5):
            plain = _NAME_ONLY.match(text, position, end)
            if plain is None or not known(plain["name"]):
                break
            match, name, amount = plain, plain["name"], ""
        found.append((name, amount))
        last = match.end()
        separator = _SEPARATOR.match(text, last, end)
        position = separator.end() if separator else last
    return found, last


def _whole(text: str, end: int, names: list[str]) -> bool | None:
    """Whether the list of items is complete: True when counted, None when cut short or damaged."""
    behind = text[end : end + 80]
    if not _FOLLOWS.match(behind):
        return None
    count = _COUNT.search(behind[:40])
    if count is None:
        return False
    return True if number(count[1]) == len(names) else None


def names_agree(formula: str, names: tuple[str, ...]) -> bool:
    """Whether the herbs that a formula is named after are in its composition; those behind 去 are not looked for.

    >>> names_agree("防己茯苓汤", ("苦葶苈", "杏仁", "大枣")), names_agree("桂枝去芍药汤", ("桂枝", "甘草"))
    (False, True)
    """
    called = formula.split("去", maxsplit=1)[0]
    position = 0
    while position < len(called) - 1:
        size = next((size for size in (4, 3, 2) if called[position : position + size] in herbs().names), 0)
        if size and len(called) - position >= size:
            herb = called[position : position + size]
            if not any(herb in name or herb[:2] in name or herb[-2:] in name for name in names):
                return False
        position += size or 1
    return True


def agrees_with_table(formula: str, names: tuple[str, ...]) -> bool:
    """Whether a well-known formula has at least half of the herbs that the formula table gives it."""
    for row in table("formulas")["formulas"]:
        if row["name"] == formula:
            expected = [item["herb"] for item in row["composition"]]
            present = sum(any(herb[-2:] in name or name[-2:] in herb for name in names) for herb in expected)
            return present * 2 >= len(expected)
    return True


@lru_cache(maxsize=1 << 16)
def _longest_herb(stretch: str, *, tail: bool) -> str:
    """The longest herb that a stretch ends (or begins) with."""
    for size in (5, 4, 3, 2):
        name = stretch[-size:] if tail else stretch[:size]
        if len(name) == size and _simple(name):
            return name
    return ""


def adds(text: str, start: int, end: int, names: tuple[str, ...]) -> bool:
    """Whether directions put further drugs into the formula (上用木瓜三枚, 入麝香少许, 朱砂为衣).

    What a decoction is helped by (姜, 枣, 酒 …) and what a modification adds does not count.
    """
    stop = _CHANGES.search(text, start, end)
    end = stop.start() if stop else end
    found = [_longest_herb(text[max(start, at - 5) : at], tail=True) for at in dose_positions(text, start, end)]
    found += [_longest_herb(match["name"], tail=False) for match in _ADDED_VERB.finditer(text, start, end)]
    coat = text.find("为衣", start, end)
    if coat >= 0:
        found.append(_longest_herb(text[max(start, coat - 5) : coat], tail=True))
    joined, aids = "、".join(names), words("aids")
    return any(name and name not in aids and name[-2:] not in aids and name not in joined for name in found)


def _goes_on(text: str, end: int) -> bool:
    """Whether another item with a dose stands behind the list, or the text breaks off there."""
    behind = text[end : end + 60]
    if not behind.strip("。，、 \n"):
        return not behind.startswith("。")
    following = _DOSED.match(behind.lstrip("。，、；; \n"))
    if following is None or _NOT_ITEM.search(following["name"]):
        return False
    name = following["name"]
    return name not in words("aids") and name[0] not in "上右以共为水每合各先和捣煎此一空临服调如若"


def read(text: str, start: int, end: int) -> Recipe | None:
    """The composition that begins at `start`, or None when there is none or it is not whole.

    A name of one character is what is left of a name that lost its rare character, so it spoils the list.
    """
    found, last = _items(text, start, end)
    names = [name for name, _ in found]
    if not _proper(names) or _goes_on(text, last):
        return None
    if not any(_HAS_DOSE.search(amount) for _, amount in found) or any(_LOST.search(amount) for _, amount in found):
        return None
    if not _HAS_DOSE.search(found[-1][1]) and not _HAS_DOSE.match(text[last : last + 8].lstrip("。上右以各 \n")):
        return None
    counted = _whole(text, last, names)
    return None if counted is None else Recipe(start, last, tuple(names), counted)


def list_end(text: str, start: int, end: int) -> int:
    """Where a labelled list of herbs ends and directions or remarks begin; the given end where that is not understood.

    The list ends behind the last sentence that opens with a herb.

    >>> text = "当归10g，川芎8g。水煎服。"
    >>> text[: list_end(text, 0, len(text))]
    '当归10g，川芎8g。'
    """
    last = start
    for first, stop in sentences(text, start, end):
        if _opens_with_herb(text, first, stop):
            last = stop
        elif last == start:
            return end
    return last


def _opens_with_herb(text: str, start: int, end: int) -> bool:
    """Whether a sentence begins with a herb of the tables, or with a name and its dose."""
    item = _DOSED.match(text, start, end)
    if item and _HAS_DOSE.search(item["amount"]) and not _NOT_ITEM.search(item["name"]):
        return item["name"][0] not in "日一分早晚先后"
    return bool(_longest_herb(text[start : min(end, start + 5)], tail=False))


def _proper(names: list[str]) -> bool:
    """Whether names make a list: two or more, none twice, none damaged, three in four of them known."""
    if len(names) < 2 or len(set(names)) < len(names):
        return False
    if any(len(name) == 1 and name not in _SINGLE for name in names):
        return False
    return sum(map(known, names)) >= 0.75 * len(names)
