"""What the makers of questions read and what they write."""

from dataclasses import dataclass, field
from typing import NamedTuple


class Draft(NamedTuple):
    """A question before it becomes a record.

    The answer is source[start:end], where `source` is the passage's text or, when `field` names one, that
    field of the record; `answer` overrides it where the answer is an option's letter.
    """

    kind: str
    aspect: str
    """What is asked of the subject: nature, composition, location, …"""
    subject: str
    question: str
    start: int
    end: int
    answer: str | None = None
    options: dict[str, str] | None = None
    field: str | None = None


@dataclass(frozen=True)
class Passage:
    """A document as the makers see it."""

    doc_id: str
    text: str
    book: str = ""
    """Title of the book; empty for a page or a loose text."""
    heading: str = ""
    """What the passage is headed by, without numbering and notes: the last heading, or a page's title."""
    parents: tuple[str, ...] = field(default=())
    """The headings above, cleaned likewise, volumes left out."""

    modern: bool = False
    """It is of our time, by what is known of it: Latin letters and values without a full stop are no damage."""
    file_named: bool = False
    """The heading is only the name of a file."""

    @property
    def old(self) -> bool:
        """Whether it is read as a section of an old book."""
        return bool(self.book) and not self.modern

    def ask(self, core: str) -> str:
        """The question with its book named.

        >>> Passage("d", "", book="本草备要").ask("黄芪的性味如何？")
        '据《本草备要》记载，黄芪的性味如何？'
        """
        return f"据《{self.book}》记载，{core}" if self.book else core
