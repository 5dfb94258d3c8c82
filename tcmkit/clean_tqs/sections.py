"""Headings of a record (主诉：, 既往史：, 辅助检查：) and the visits it tells of."""

import re
from collections.abc import Sequence
from functools import cache

from tcmkit.records import Visit

from .cues import noise
from .tokens import Clause
from .vocabulary import words

_VISIT = re.compile(r"(?:第?[一二三四五六七八九十\d]{1,3}诊|[初首复]诊|末诊|再诊)(?![断治疗查室所之时为者见来于])")
_VISIT_WORD = re.compile(r"[一二三四五六七八九十\d初首复末再]诊")
HEADING_MARKS = frozenset({"：", "\n", " "})
_NUMBERED = re.compile(r"^(?:[（(]?[一二三四五六七八九十\d]{1,2}[)）、.]?)")


@cache
def _headings() -> dict[str, str]:
    return {heading: name for name, lines in noise()["sections"].items() for heading in words(lines)}


@cache
def _run_in() -> tuple[frozenset[str], re.Pattern[str]]:
    """Headings that may run into their text: their first letters, and a pattern."""
    named = [
        heading
        for heading, name in _headings().items()
        if len(heading) > 2 and name in ("history", "women", "instrument", "complaint")
    ]
    pattern = "|".join(sorted(map(re.escape, named), key=len, reverse=True))
    return frozenset(heading[0] for heading in named), re.compile(pattern)


def section_of(clause: str, mark: str) -> str | None:
    """The section that a clause opens as a heading, or None.

    >>> section_of("既往史", "："), section_of("咳嗽", "：")
    ('history', None)
    """
    if mark not in HEADING_MARKS or len(clause) > 18:
        return None
    bare = _NUMBERED.sub("", clause).strip("（） 　*#")
    known = _headings()
    section = known.get(bare) or known.get(clause)
    if section is None and mark == "：" and bare.startswith("主诉"):
        section = "complaint"
    if section is None and mark == "：" and bare.endswith(("史", "诊断")):
        section = "history" if bare.endswith("史") else "western_diagnosis"
    if mark != "：" and bare not in known:
        return None
    return section


def opens(clause: str) -> tuple[str, int] | None:
    """Section and length of a heading that runs into its text without a colon: 既往史无特殊."""
    initials, pattern = _run_in()
    match = pattern.match(clause) if clause and clause[0] in initials else None
    return (_headings()[match.group()], match.end()) if match else None


def visits(text: str, folded: str, clauses: Sequence[Clause]) -> list[Visit]:
    """The visits of a record that tells of at least two, each up to the next one's label."""
    if not _VISIT_WORD.search(folded):
        return []
    labels: list[tuple[int, str]] = []
    for start, end, _ in clauses:
        if folded.find("诊", start, end) < 0:
            continue
        match = _VISIT.match(folded, start, end)
        if match is None and folded[end - 1] == "诊":
            match = _VISIT.search(folded, start, end)
            if match is not None and match.end() != end:
                match = None
        if match is not None:
            labels.append((match.start(), text[match.start() : match.end()]))
    if len(labels) < 2:
        first_is_later = labels and not labels[0][1].startswith(("初", "首", "一", "1", "第一", "复"))
        if not first_is_later or labels[0][0] == 0:
            return []
        labels.insert(0, (0, ""))
    ends = [start for start, _ in labels[1:]] + [len(text)]
    return [
        {"label": label, "start": start, "end": _rstrip(text, start, end)}
        for (start, label), end in zip(labels, ends, strict=True)
    ]


def _rstrip(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1].isspace():
        end -= 1
    return end
