"""Undoing the known damage of converted books, rule by rule and counted."""

from collections import Counter
from functools import cache

from tcmkit.tables import table


@cache
def _rules(old_book: bool) -> tuple[tuple[str, str], ...]:
    """What to look for and what to put there: the safe rules, longest first, so that 野狼毒 is met before 野狼."""
    rows = table("corpus_corrections")["replacements"]
    fitting = [row for row in rows if row["safe"] and (old_book or row.get("scope") != "old_books")]
    return tuple((row["found"], row["should_be"]) for row in sorted(fitting, key=lambda row: -len(row["found"])))


def repair(text: str, old_book: bool, counts: Counter[str]) -> str:
    """The text with its known damage undone; `counts` gains the number of repairs by what was found.

    Words that are ordinary today (盒饭) are touched only in an `old_book`.

    >>> repair("浓朴一两，锻石二钱", True, Counter())
    '厚朴一两，石灰二钱'
    """
    for found, should_be in _rules(old_book):
        if found in text:
            counts[found] += text.count(found)
            text = text.replace(found, should_be)
    return text
