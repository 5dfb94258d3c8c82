"""Where in its book a passage stands: the chapter that a question names beside the book."""

from tcmkit.gen_qa.draft import Passage
from tcmkit.gen_qa.heading import formula_name, is_volume
from tcmkit.gen_qa.quote import sound, stands_alone

_MOST = 12


def chapter(passage: Passage, *, own: bool = False) -> str:
    """The heading that says more than the volume, from the inside out; `own`: the passage's own heading counts too.

    >>> chapter(Passage("d", "", "书", "桂枝汤", ("卷一", "太阳病")))
    '太阳病'
    """
    candidates = [*passage.parents, passage.heading] if own else list(passage.parents)
    for name in reversed(candidates):
        if name == passage.book or (not own and name == passage.heading) or is_volume(name) or formula_name(name):
            continue
        if 2 <= len(name) <= _MOST and stands_alone(name) and sound(name, book=True):
            return name
    return ""


def ask_in_chapter(passage: Passage, core: str, *, own: bool = False) -> str:
    """The question with its book and chapter named: one book may hold several formulas of a name."""
    found = chapter(passage, own=own) if passage.book else ""
    return f"据《{passage.book}》“{found}”记载，{core}" if found else passage.ask(core)
