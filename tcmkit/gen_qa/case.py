"""Questions about a patient's record: from its findings to syndrome, treatment and formula."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tcmkit.gen_qa.draft import Draft
from tcmkit.gen_qa.quote import HAN, any_of, balanced, trim
from tcmkit.records import Record
from tcmkit.tables import table

_KINDS = ("syndrome", "disease", "treatment", "formula")
_NO_CONCLUSION = frozenset(
    ("text", "clean_text", "id", "question", "source", "meta", "tqs", "removed", "stated", "missing")
)
_LEAST, _MOST = 20, 1500
_LABELLED = re.compile(rf"^\s*(?P<label>[{HAN}]{{2,10}})[：:]\s*(?P<value>\S.*)$", re.S)
_PATIENT = re.compile("患者|患儿|主诉|岁|男|女|病人|舌|脉")
_ASKS = re.compile(
    r"[，,；;\s]*(?:请[^，。？?\n]{0,24}|如何[^，。？?\n]{0,8}|[^，。？?\n]{0,8}什么[^，。？?\n]{0,6})[？?]\s*$"
)
_PHRASE = re.compile(rf"[{HAN}，、；;,（）()0-9A-Za-z.～~ ]+[。]?")
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
    if not answers or not is_case(record, text):
        return
    findings = _findings(record, text)
    if not _LEAST <= len(findings) <= _MOST:
        return
    done: set[str] = set()
    for answer in answers:
        quotation = answer.source[answer.start : answer.end]
        if answer.kind in done or not _acceptable(answer.kind, quotation):
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
