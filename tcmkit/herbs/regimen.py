"""How a prescription is taken: by the day unless it says otherwise."""

import re
from typing import NamedTuple

from tcmkit.herbs.amounts import number

_N = r"(\d+(?:\.\d+)?|[一二两三四五六七八九十]{1,3})"
_PACK = "(?:剂|付|副|帖|贴)"
_WHOLE = re.compile(
    rf"(?:以上|上药|此|共|总|合计|为|是|:|^|[，。；,;\n\s(])(?:药|方|为|是|系|共|总|量|者)*{_N}\s*(?:{_PACK}|天|日)(?:的)?(?:总?量|用量|药量|总用量|药的?量)"
    rf"|{_N}\s*{_PACK}(?:总?共|合计|共计)(?:用药?|量)?:"
    rf"|总量[^，。；\n]{{0,4}}?{_N}\s*(?:{_PACK}|天|日)"
)
_MANY_A_DAY = re.compile(rf"(?:每日|一日|日服|每天|一天|日|1日|1天){_N}\s*{_PACK}(?!量)")
_DAYS_A_PACK = re.compile(rf"(?<![第隔]){_N}\s*(?:日|天)(?:服)?(?:一|1)\s*{_PACK}")
_BATCH = re.compile(
    r"(?:共|上药|诸药|以上|各药|全方|上|右)[^，。；\n]{0,6}(?:研|碾|打|磨|为末|为丸|熬膏|泡酒|浸酒|捣|杵)"
    r"|研(?:为|成)?(?:极?细)?(?:末|粉|面)[，,。；;\s]*(?:每服|每次|每日|每用|装|分|炼|和|水泛)|为(?:细|极细)?末|(?:炼)?蜜(?:为)?丸|(?:和|制|做)?为丸|水泛?(?:为)?丸|糊丸|浓缩丸"
    r"|一料|膏方|熬膏|收膏|成膏|(?:泡|浸|制)(?:药)?酒|白酒[^，。；\n]{0,8}(?:泡|浸)|(?:泡|浸)[^，。；\n]{0,6}白酒|(?:制|做|加工)成?(?:水|蜜|浓缩|大蜜|小蜜)?丸|装(?:入)?胶囊|打粉[，,]"
)
_EACH_TIME = re.compile(r"每(?:服|次服?|用)\s*(\d+(?:\.\d+)?|[一二两三四五六七八九十半]{1,3})\s*(克|g|钱|分)")
_TIMES = re.compile(rf"(?:每日|一日|日服|每天|日|一天|1日){_N}\s*(?:次|服|回)|早晚(?:各(?:一|1)次|分?服|各)")
_OUTSIDE = re.compile(
    "外用|外洗|外敷|熏洗|薰洗|洗脚|泡脚|足浴|泡洗|药浴|洗浴|坐浴|敷脐|贴敷|敷贴|敷(?:于)?患处|涂(?:于)?患处|外搽|外涂|涂擦|湿敷|含漱|漱口|灌肠|调敷|吹喉|点眼|搽"
)
_OF_ONE_HERB = re.compile(r"(?<=[^方药剂用法:，,。；;\s])[(（][^()（）]*[)）]")
"""What stands in brackets right behind a herb or its amount is said of that herb."""


class Regimen(NamedTuple):
    """How the amounts relate to a day."""

    factor: float = 1.0
    """A day's share of the stated amounts; 0 when it is not known."""
    batch: bool = False
    """Amounts of a whole batch (pills, powder, paste, wine)."""
    each_time: float = 0.0
    """Grams taken at a time from a batch."""
    times: float = 0.0
    outside: bool = False
    """Not swallowed."""


DAILY = Regimen()


def _value(numeral: str) -> float:
    return number(numeral) or 1.0


def stated(text: str) -> Regimen:
    """The regimen that a prescription states.

    >>> stated("附子70g，以上为7剂量").factor, stated("日二剂").factor, stated("共为细末，每服3克，日2次").batch
    (0.14285714285714285, 2.0, True)
    >>> stated("附子60g，艾叶10g(外洗)").outside, stated("处方(外洗)：附子60g").outside, stated("附子60g。外洗").outside
    (False, True, True)
    """
    outside = _OUTSIDE.search(_OF_ONE_HERB.sub("", text)) is not None
    if _BATCH.search(text):
        each = _EACH_TIME.search(text)
        times = _TIMES.search(text)
        grams = _value(each[1]) * {"钱": 3.0, "分": 0.3}.get(each[2], 1.0) if each else 0.0
        often = (_value(times[1]) if times[1] else 2.0) if times else 1.0
        return Regimen(0.0, True, grams, often if each else 0.0, outside)
    factor = 1.0
    if whole := _WHOLE.search(text):
        factor /= _value(whole[1] or whole[2] or whole[3])
    if many := _MANY_A_DAY.search(text):
        factor *= _value(many[1])
    elif days := _DAYS_A_PACK.search(text):
        factor /= _value(days[1])
    return Regimen(factor, False, 0.0, 0.0, outside)


def merge(one: Regimen, other: Regimen) -> Regimen:
    """The regimen of a list, one of whose parts may state it."""
    if DAILY in (one, other):
        return other if one == DAILY else one
    return Regimen(
        one.factor * other.factor,
        one.batch or other.batch,
        max(one.each_time, other.each_time),
        max(one.times, other.times),
        one.outside or other.outside,
    )
