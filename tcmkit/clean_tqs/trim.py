"""The edges of findings: no bracket without its partner, no conjunction left hanging, no interpretation."""

import re

from .weave import Piece, Spot

# 脉弦细（提示肝郁血虚）: what stands in the brackets was concluded, not felt.
_INTERPRETED = re.compile(r"[（(]((?:提示|反映|说明|表明|考虑|证明|示|主|属|为)[^）)]*)[）)]?")
_LEADING = re.compile(r"^[、，。；：,;:\s”’）)》\]】和及与或并且]+(?=.)|^见(?=红[斑疹肿色])")
_TRAILING = re.compile(r"(?<=.)(?:[、，。；：,;:\s“‘（(《\[【]|[和及与或并且](?=$))+$")
_PARTNERS = {"）": "（", ")": "(", "”": "“", "】": "【", "》": "《", "]": "["}
# 头痛消失, 恶心已除: what has gone is no longer there.
_RESOLVED = re.compile(r"(?:均|皆|全部|完全|基本|渐|已经)*(?:已?消失|已[除愈退止消平]|痊愈)(?!后?[又复仍])")
_NEVER_RESOLVED = frozenset({"cause", "history", "tongue", "pulse"})
_MAY_LEAD = frozenset("、，。；：,;: ”’）)》]】和及与或并且见")
_MAY_TRAIL = frozenset("、，。；：,;: “‘（(《[【和及与或并且）)”】》]")
_LEFTOVER = frozenset("痛胀痒麻酸闷热冷寒汗肿红")
_HAN = re.compile("[\u3400-\u9fff]")


def trimmed(folded: str, spots: list[Spot], stated: list[Piece]) -> list[Spot]:
    """The findings with clean edges; those of which nothing is left go. Interpretation cut off joins `stated`.

    One character alone is a finding only if no unread character stands before it: 射痛 in 放射痛 left 痛.
    """
    kept: list[Spot] = []
    for start, end, dimension, said in spots:
        polarity = said
        if dimension not in _NEVER_RESOLVED and _RESOLVED.match(folded, end):
            polarity = "absent"
        if not _needs_a_look(folded, start, end):
            kept.append((start, end, dimension, polarity))
            continue
        text = folded[start:end]
        interpreted = _INTERPRETED.search(text) if "（" in text or "(" in text else None
        if interpreted:
            stated.append((start + interpreted.start(1), start + interpreted.end(1), "stated:other"))
            text = text[: interpreted.start()]
        first, last = _clean_edges(text)
        if last > first and not _is_leftover(folded, start + first, start + last):
            kept.append((start + first, start + last, dimension, polarity))
    return kept


def _needs_a_look(folded: str, start: int, end: int) -> bool:
    """Most findings are clean: their first and last characters say so."""
    return (
        end - start < 2
        or folded[start] in _MAY_LEAD
        or folded[end - 1] in _MAY_TRAIL
        or folded[start].isspace()
        or folded[end - 1].isspace()
        or "（" in folded[start:end]
        or "(" in folded[start:end]
    )


def _clean_edges(text: str) -> tuple[int, int]:
    leading, trailing = _LEADING.search(text), _TRAILING.search(text)
    first = leading.end() if leading else 0
    last = trailing.start() if trailing else len(text)
    while last > first and (partner := _PARTNERS.get(text[last - 1])) and partner not in text[first : last - 1]:
        last -= 1
    return first, last


def _is_leftover(folded: str, start: int, end: int) -> bool:
    if end - start != 1 or folded[start] not in _LEFTOVER:
        return False
    return start > 0 and _HAN.match(folded[start - 1]) is not None and folded[start - 1] not in "无不伴及和则即时仍"
