"""What the record concludes: Western diagnoses, Chinese diseases and syndromes, methods, pathology."""

import re
from functools import cache

from . import cues
from . import vocabulary as v
from .cuts import Cut, start_of
from .reading import Reading

_TCM_HINT = re.compile(
    r"中医|证$|痹|辨|[风寒暑湿热燥火痰瘀饮食气血阴阳精津][一-龥]{0,2}(?:袭|犯|束|阻|滞|虚|亏|郁|蕴|结|盛|亢|痹|闭|扰|困|陷|脱)"
)
_DIAGNOSED = re.compile(r"诊断|确诊|诊为|拟诊|误诊|诊作|考虑")
_WESTERN_PLACE = re.compile(r"医院|卫生院|外院|门诊|西医")
_THEN_TREATED = re.compile(r"(?:并|而|，|即|后)(?=用|予|给|行|服|经)")
_CONCLUDED = re.compile(r"[证辨属乃系此法治宜汤丸散饮丹方煎《]|四诊|合参|综合|认为|正如|病机")
_PATHOLOGY = re.compile(r"[足亏虚损弱郁滞阻痹停蕴扰注犯逆调司养宣和固摄结盛亢袭束困除留致证象邪聚凝内络化风阴遏蔽衰]")

_PRESCRIBED = re.compile(
    r"(?:处方|方用|方选|方拟|拟方|处以|投以|主以)[^，。；]{1,14}(?:[汤散丸饮膏丹煎方]|加减|主之|[一二三四五六七八九十\d]+剂)"
)
_VERB = "[清补益温化祛疏解活养滋和健通利散宣降潜安固涩消泻平熄理止凉润软破敛透开醒]"
# Four-character therapy: 活血化瘀, 通脉止痛、清热利湿.
_THERAPY = re.compile(rf"(?:[以兼佐]?(?:{_VERB}[一-龥]){{2}}(?:之法|为[主法])?[、和与]?)+")
_INTERPRETATION = re.compile(r"(?:这|此|均|都|也|多)?(?:提示|反映|说明|表明|证明|考虑)")


def diagnosis(reading: Reading) -> Cut | None:
    """A diagnosis with its label: Western ones are removed, Chinese ones are stated."""
    text = reading.text
    if _DIAGNOSED.search(text) is None:
        return None
    match = cues.pattern("diagnosis", "cue").search(text) or cues.pattern("diagnosis", "considered").search(text)
    if match is None or match.end() == len(text):
        return None
    label = text[match.end() :]
    western_place = _WESTERN_PLACE.search(match.group())
    stated = "中医" in match.group() or (western_place is None and is_tcm_label(label))
    start = max(match.start(), start_of(reading, match.end(), match.start() + 1))
    end = len(text)
    treated = _THEN_TREATED.search(label)
    if treated:
        end = match.end() + treated.start()
    return Cut("stated:disease" if stated else "western_diagnosis", start, end)


def is_tcm_label(label: str) -> bool:
    """Whether a diagnosis names a disease or syndrome of Chinese medicine."""
    bare = label.strip('“”"、 （）')
    if bare.endswith(("炎", "癌", "瘤")) or any(map(bare.__contains__, _diseases("western_diseases", 2))):
        return False
    return _TCM_HINT.search(bare) is not None or any(map(bare.__contains__, _diseases("tcm_diseases", 1)))


@cache
def _diseases(section: str, least: int) -> frozenset[str]:
    """The names of a list that have at least so many letters."""
    return frozenset(name for name in v.words(cues.noise()[section]) if len(name) >= least)


def conclusion(reading: Reading) -> Cut | None:
    """A syndrome, a method, a formula, or pathology in place of symptoms."""
    text = reading.text
    if _INTERPRETATION.match(text) and _PATHOLOGY.search(text):
        return Cut("stated:other", 0, len(text))
    if _PRESCRIBED.match(text):
        return Cut("stated:formula", 0, len(text))
    if _THERAPY.fullmatch(text):
        return Cut("stated:treatment", 0, len(text))
    if _CONCLUDED.search(text) is None:
        return mechanism(reading)
    match = cues.pattern("diagnosis", "syndrome").search(text)
    if match:
        return Cut("stated:syndrome", match.start(), len(text))
    match = cues.pattern("diagnosis", "treatment").search(text)
    if match:
        return Cut("stated:treatment", match.start(), len(text))
    if cues.pattern("diagnosis", "formula").match(text):
        return Cut("stated:formula", 0, len(text))
    return mechanism(reading)


def mechanism(reading: Reading) -> Cut | None:
    """Pathology in place of symptoms: 湿热内蕴, 气血两虚."""
    if _PATHOLOGY.search(reading.text) is None:
        return None
    for start, end, dimensions, _ in reading.phrases:
        if end - start > 2 and dimensions and dimensions != ("cause",):
            return None
    if cues.pattern("diagnosis", "considered_mechanism").search(reading.text) is None:
        return None
    return Cut("stated:other", 0, len(reading.text))
