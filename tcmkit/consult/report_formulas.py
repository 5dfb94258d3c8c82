"""A formula that was found, as it stands in the report: where it is from, what is in it, every warning."""

from collections.abc import Iterator, Sequence
from typing import Literal

from tcmkit.consult import glosses
from tcmkit.language import both
from tcmkit.records import Record

_Kind = Literal["text", "items", "rows", "alarm", "formula", "soft"]
_Block = tuple[_Kind, tuple[str, ...], tuple[tuple[str, str], ...]]
_STATUS = {
    "block": ("Not to be used as it stands", "不可照用"),
    "warn": ("To be used with care", "须慎用"),
    "not_checked": ("Not everything could be checked", "未能全部核对"),
    "note": ("No rule but on how to decoct it, which is no proof of safety", "仅有煎法提示；不等于安全"),
    "clean": ("No rule of the tables was met, which is no proof of safety", "未触及已知规则；不等于安全"),
}
_SEVERITY = {
    "block": ("forbidden", "禁忌"),
    "warn": ("warning", "注意"),
    "not_checked": ("not checked", "未核对"),
    "note": ("note", "提示"),
}


def section_blocks(hits: Sequence[Record]) -> Iterator[_Block]:
    """All formulas with their warnings; what holds of every one of them, and where it is from, is said once."""
    sources = list(dict.fromkeys(one["source"] for hit in hits for one in _ordered(hit) if one["source"]))
    said = [{_said(one, sources) for one in _ordered(hit)} for hit in hits]
    common = set.intersection(*said) if len(said) > 1 else set()
    if common:
        once = dict.fromkeys(line for hit in hits for one in _ordered(hit) if (line := _said(one, sources)) in common)
        yield "text", (both("Of each of these formulas:", "以下各方均有："),), ()
        yield "items", tuple(once), ()
    for hit in hits:
        yield from _formula_blocks(hit)
        lines = [line for line in (_said(one, sources) for one in _ordered(hit)) if line not in common]
        if lines:
            yield "items", tuple(dict.fromkeys(lines)), ()


def source_lines(hits: Sequence[Record]) -> list[str]:
    """The sources of the warnings by number."""
    sources = dict.fromkeys(one["source"] for hit in hits for one in _ordered(hit) if one["source"])
    return [f"[{number}] {source}" for number, source in enumerate(sources, 1)]


def _formula_blocks(hit: Record) -> Iterator[_Block]:
    """Heading and rows of a hit with its safety."""
    formula, safety = hit["formula"], hit["safety"]
    book = str(formula.get("source") or formula.get("source_book") or "")
    yield "formula", (f"{hit['rank']}. {formula['name']}" + (f"（《{book.strip('《》')}》）" if book else ""),), ()
    why = hit.get("why") or {}
    rows = [
        (both("Composition", "组成"), "，".join(map(_herb, formula.get("composition", ())))),
        (both("Functions", "功用"), str(formula.get("functions") or "")),
        (both("Indications", "主治"), str(formula.get("indications") or "")),
        (both("Remark", "按语"), str(formula.get("notes") or "").replace(";", "；")),
        (both("Doses", "用量"), str(formula.get("dose_note") or "")),
        (both("Fits", "相合"), both(", ", "、").join(dict.fromkeys(one["query"] for one in why.get("findings", ())))),
        (both("Syndrome", "证型"), _syndromes(why.get("syndromes"))),
        (both("Check", "核对"), both(*_STATUS[safety["status"]])),
    ]
    yield "rows", (), tuple((head, text) for head, text in rows if text)


def _syndromes(agreed: list[Record] | None) -> str:
    """The suspected syndromes that the formula is for, each with the words of a textbook that says it otherwise."""
    if agreed is None:
        return ""
    if not agreed:
        return both("none of those suspected; found by the findings alone", "与所疑证型均不同，仅凭所见相合")
    return both("; ", "；").join(map(_syndrome, agreed))


def _syndrome(one: Record) -> str:
    words = both(", ", "·").join(filter(None, (str(one.get("disease", "")), str(one["formula"]))))
    return glosses.syndrome(str(one["syndrome"])) + (f"（{words}）" if one["formula"] != one["syndrome"] else "")


def _ordered(hit: Record) -> list[Record]:
    """The findings of `tcm check`, the severest first."""
    return sorted(hit["safety"]["findings"], key=lambda one: list(_SEVERITY).index(one["severity"]))


def _said(one: Record, sources: list[str]) -> str:
    """A finding: severity in words, what it says, the number of its source."""
    place = f" [{sources.index(one['source']) + 1}]" if one["source"] else ""
    return both(*_SEVERITY[one["severity"]]) + both(": ", "：") + str(one["message"]) + place


def _herb(item: Record) -> str:
    dose = item.get("dose_g")
    stated = f"（{item['stated']}）" if item.get("stated") else ""
    return str(item["herb"]) + (f"\u00a0{dose:g}g" if dose else "") + stated
