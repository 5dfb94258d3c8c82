"""What a report is made of, whatever it is written down as."""

from typing import Literal, NamedTuple


class Block(NamedTuple):
    """A piece of a section."""

    kind: Literal["text", "items", "rows", "alarm", "formula", "soft"]
    """text and alarm: one line; items: a list; rows: pairs of a name and what belongs to it; formula: a heading."""
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()


class Section(NamedTuple):
    """A heading and what stands below it."""

    title: str
    blocks: tuple[Block, ...]
    is_appendix: bool = False
    """Only in files: it has been on the screen already."""
