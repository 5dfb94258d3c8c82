"""Questions about a patient's record: from its findings to syndrome, treatment and formula."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from tcmkit.gen_qa.draft import Draft
from tcmkit.gen_qa.quote import any_of, balanced
from tcmkit.gen_qa.recipe import known
from tcmkit.records import Record
from tcmkit.tables import table
from tcmkit.text.edges import HAN, trim

_KINDS = ("syndrome", "disease", "treatment", "formula")
_NO_CONCLUSION = frozenset(
    ("text", "clean_text", "id", "question", "source", "meta", "tqs", "removed", "stated", "missing")
)
_LEAST, _MOST = 20, 1200
_MOST_TEXT = 1200
"""A longer text is a chapter, not the record of one patient."""
_LABELLED = re.compile(rf"^\s*(?P<label>[{HAN}]{{2,10}})[：:]\s*(?P<value>\S.*)$", re.S)
_PATIENT = re.compile("患者|患儿|主诉|岁|男|女|病人|舌|脉")
_ASKS = re.compile(
    r"[，,；;\s]*(?:请[^，。？?\n]{0,24}|如何[^，。？?\n]{0,8}|[^，。？?\n]{0,8}什么[^，。？?\n]{0,6})[？?]\s*$"
)
_PHRASE = re.compile(rf"[{HAN}，、；;,（）()0-9A-Za-z.～~ ]+[。]?")
_PERSON = re.compile(
    r"[男女][性孩婴]?[，,、：: ]{0,2}(?:年龄[：:]?)?[0-9０-９一二三四五六七八九十]{1,4}余?(?:个月|[岁月])"
    r"|[0-9０-９一二三四五六七八九十]{1,3}余?岁[，,、 ]{0,2}(?=[男女])"
)
_NEXT_PATIENT = re.compile(
    r"(?:^|[\n。；])[ \t]*(?:[【〔\[(（]?(?:病?例|案|医案|验案)[ ]?"
    r"[一二三四五六七八九十0-9]{1,3}(?=[】〕\])）：:、.．。 \n])"
    rf"|又[治一][{HAN}]{{0,6}}[案人妇儿]|又案|另[一案][例人案]|一[妇童婴小儒老少][{HAN}]{{0,3}}[，,年患])"
)
_OUTCOME = re.compile(
    r"(?<!未)(?<!不)(?<!难)(?<!自)[而即遂乃顿霍获告已全痊]愈|诸[症证恙](?:悉|皆|均|全|俱|顿)?[消除减失平退]|[服进投连][^，。；\n]{0,8}[一二三四五六七八九十百0-9]+[剂帖付]"
    r"|药后|[二三四五]诊|复诊|改方|原方"
)
_CUES = re.compile("脉证|脉症|辨证|辨析|此乃|此系|此为|之旨|论之|所致|四诊|合参|^[故即乃是此盖因以之]|[经也之者矣]$")
_STATES = re.compile(
    "(?:[证症候虚实热寒瘀滞阻郁亏损弱盛旺亢炽逆陷脱闭竭衰泄结痹淫扰蒸蕴袭束停困犯乘风火湿燥痰毒热饮]|不[足和固宣降摄调利通振荣]|"
    "内[停盛阻蕴动扰]|失[和调司养宣摄统]|上[炎扰逆]|下[注陷]|[伤乘犯束袭]..?)$"
)
_METHOD = re.compile(
    "^(?:[疏舒清化理益补滋养健和温散祛除泻降活通利止宣解平息熄镇安开豁涤消导行破逐攻固涩敛收升举调燥润生柔"
    "潜透发渗淡凉回救培壮扶暖醒软截杀驱排托缓急峻引芳辛苦甘重强充填育建运条畅达佐兼泄交]"
    "|大补|峻补|表里双解)"
)
_NOT_METHOD = re.compile("[汤散丸丹饮膏方]|[也之者矣焉则必故]|法|不[可宜]|治|[钱两克剂]|加减|主之")
_FORMULA = re.compile("(?:汤|散|丸|饮|饮子|膏|丹|煎|方)(?:加减|加味|化裁)?$")
_FRAGMENT = re.compile("^[故即乃则又再后因]|[以治]之|主之|服|愈|^以|[治法]$")
_LONGEST = {"syndrome": 30, "disease": 14, "treatment": 60, "formula": 300}


class Answer(NamedTuple):
    """A conclusion found in a record: source[start:end], in the text or in the field named."""

    kind: str
    source: str
    start: int
    end: int
    field: str | None


def _strip_cue(text: str, start: int, end: int) -> tuple[int, int]:
    """The conclusion without the words that introduce it (证属…, 治宜…) and without a full stop."""
    start, end = trim(text, start, end)
    for cue in sorted(table("gen_qa")["stated_cues"], key=len, reverse=True):
        if text.startswith(cue, start) and end - start - len(cue) >= 2:
            start, end = trim(text, start + len(cue), end)
            break
    return trim(text, start, end - 1) if text[start:end].endswith("。") else (start, end)


@cache
def _syndrome_table() -> frozenset[str]:
    """Names and other names of the patterns in the table."""
    return frozenset(name for row in table("syndromes")["syndromes"] for name in (row["name"], *row["aliases"]))


def _syndrome_name(phrase: str) -> bool:
    """Whether every part of a phrase looks like the name of a pattern, or the table has it."""
    names = _syndrome_table()
    parts = [part.strip() for part in re.split("[，、；;,。]", phrase)]
    return all(part in names or f"{part}证" in names or (len(part) >= 3 and _STATES.search(part)) for part in parts)


def _method(phrase: str) -> bool:
    """Whether a phrase consists of therapy verbs with their objects: 疏肝理气, 清热化痰."""
    parts = [part.strip() for part in re.split("[，、；;,。]", phrase)]
    return not _NOT_METHOD.search(phrase) and all(len(part) >= 4 and _METHOD.match(part) for part in parts)


def _fits_kind(kind: str, phrase: str, *, stated: bool) -> bool:
    """Whether a conclusion is what its kind promises; words in the text are judged harder than a labelled field."""
    if kind == "syndrome":
        return not _CUES.search(phrase) and (not stated or _syndrome_name(phrase))
    if kind == "treatment":
        return _method(phrase) if stated else not _NOT_METHOD.search(phrase)
    if kind == "formula":
        if _FRAGMENT.search(phrase):
            return False
        herbs = [read_name(part) for part in re.split("[，、；;,。 ]+", phrase) if part]
        return bool(_FORMULA.search(phrase)) or (len(herbs) >= 2 and sum(map(known, herbs)) * 4 >= 3 * len(herbs))
    return not _CUES.search(phrase)


def read_name(item: str) -> str:
    """The name in an item of a prescription, without its dose and note."""
    return re.split(r"[0-9（(.]", item)[0]


def _acceptable(kind: str, quotation: str) -> bool:
    if not 2 <= len(quotation) <= _LONGEST[kind] or not _PHRASE.fullmatch(quotation) or not balanced(quotation):
        return False
    return not any_of("deictic").search(quotation) and not re.search("待查|不详|未|？", quotation)


def _stated(record: Record, text: str) -> Iterator[Answer]:
    """Conclusions that the record's text states."""
    stated = record.get("stated")
    for item in stated if isinstance(stated, list) else ():
        if not isinstance(item, dict) or item.get("kind") not in _KINDS:
            continue
        start, end = item.get("start"), item.get("end")
        if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text)):
            continue
        yield Answer(item["kind"], text, *_strip_cue(text, start, end), None)


def _strings(name: str, value: Any) -> Iterator[tuple[str, str, str]]:
    """(field path, label, string) of a field that is a string, a list of "label：value", or an object of strings."""
    if isinstance(value, str):
        yield name, name, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, str):
                labelled = _LABELLED.match(item)
                if labelled:
                    yield f"{name}.{index}", labelled["label"], item
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, str):
                yield f"{name}.{key}", key, item


def _fielded(record: Record) -> Iterator[Answer]:
    """Conclusions in the other fields of the source line: syndrome, norm_syndrome, output, answer, …"""
    rows = [row for name, value in record.items() if name not in _NO_CONCLUSION for row in _strings(name, value)]
    if not rows:
        return
    names: dict[str, list[str]] = table("gen_qa")["case_fields"]
    for kind in _KINDS:
        ranked = [(names[kind].index(label), path, value) for path, label, value in rows if label in names[kind]]
        for _, path, value in sorted(ranked, key=lambda row: row[0]):
            labelled = _LABELLED.match(value)
            start = labelled.start("value") if labelled else 0
            start, end = trim(value, start, len(value))
            if value[start:end].endswith("。"):
                start, end = trim(value, start, end - 1)
            yield Answer(kind, value, start, end, path)


def _findings(record: Record, text: str) -> str:
    """What the question tells of the patient: clean_text, else the text when it is short enough to be shown."""
    clean = record.get("clean_text")
    findings = (clean if isinstance(clean, str) else text).strip()
    return _ASKS.sub("", findings).strip() if findings.endswith(("?", "？")) else findings


def one_patient(record: Record, text: str) -> bool:
    """Whether the record was given on its own (not read from a book or a page) and tells of one patient.

    Several visits tell of one patient too, but the pattern may change between them.
    """
    meta = record.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    if ("encoding" in meta or "page" in meta) and "row" not in meta:
        return False
    if len(text) > _MOST_TEXT or len(_PERSON.findall(text)) > 1 or _NEXT_PATIENT.search(text):
        return False
    visits = record.get("visits")
    if not isinstance(visits, list) or len(visits) < 2:
        return True
    stated = record.get("stated")
    found = [item for item in stated if isinstance(item, dict)] if isinstance(stated, list) else []
    return len({item.get("text") for item in found if item.get("kind") == "syndrome"}) <= 1


def is_case(record: Record, text: str) -> bool:
    """Whether a record tells of a patient."""
    if isinstance(record.get("clean_text"), str) or isinstance(record.get("tqs"), dict):
        return True
    return len(_PATIENT.findall(text[:600])) >= 2


def case_drafts(record: Record, text: str) -> Iterator[tuple[Draft, str]]:
    """Drafts with the string that their answer stands in; the first sound answer of each kind.

    The question shows the findings; one that names the answer is not asked.
    """
    answers = [*_stated(record, text), *_fielded(record)]
    if not answers or not is_case(record, text) or not one_patient(record, text):
        return
    findings = _findings(record, text)
    if not _LEAST <= len(findings) <= _MOST or _OUTCOME.search(findings):
        return
    done: set[str] = set()
    for answer in answers:
        quotation = answer.source[answer.start : answer.end]
        if answer.kind in done or not _acceptable(answer.kind, quotation):
            continue
        if not _fits_kind(answer.kind, quotation, stated=answer.field is None):
            continue
        if any(part in findings for part in leaks(quotation)):
            continue
        done.add(answer.kind)
        asked = table("gen_qa")["case_questions"][answer.kind][0]
        question = f"一位患者的病情如下：{findings}\n请问{asked}"
        draft = Draft("case", answer.kind, quotation, question, answer.start, answer.end, field=answer.field)
        yield draft, answer.source


def leaks(quotation: str) -> list[str]:
    """What must not stand in the question: the answer, its parts, and a syndrome without 证."""
    parts = [part.strip() for part in re.split("[，、；;,。 ]", quotation)]
    parts = [part[:-1] if part.endswith("证") else part for part in parts]
    return [part for part in parts if len(part) >= 3] or [quotation]
