"""Findings in all the words that they were told in: 腰膝又酸又凉 is not 腰膝又酸."""

import re
from functools import cache
from typing import Any

from tcmkit.tables import table

Findings = dict[str, list[Any]]


def widened(text: str, findings: Findings) -> Findings:
    """The findings of a text, each as wide as the phrase of the table that it stands in, and each phrase once.

    A phrase with a finding of another polarity in it is left as it is.
    """
    for start, end in _phrases(text):
        inside = {name: [one for one in found if start <= one["start"] < end] for name, found in findings.items()}
        within = [one for found in inside.values() for one in found]
        if not within or len({one["polarity"] for one in within}) > 1 or any(one["end"] > end for one in within):
            continue
        whole = {"start": start, "end": end, "text": text[start:end]}
        findings = {
            name: _once([{**one, **whole} if one in inside[name] else one for one in found])
            for name, found in findings.items()
        }
    return findings


def _once(found: list[Any]) -> list[Any]:
    """Without what begins where the one before it does."""
    return [one for number, one in enumerate(found) if not number or one["start"] != found[number - 1]["start"]]


def _phrases(text: str) -> list[tuple[int, int]]:
    return [match.span() for pattern in _patterns() for match in pattern.finditer(text)]


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, table("lay_answers")["wholes"]))
