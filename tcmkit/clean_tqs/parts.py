"""A long record in parts that a model can read one by one."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tcmkit.records import Visit
from tcmkit.text.split import split

LONGEST = 1_000
"""Characters of a part: the findings of so many make a reply of about 1,500 tokens."""


def parts(text: str, visits: Sequence[Visit], longest: int = LONGEST) -> Iterator[tuple[int, int]]:
    """Spans that cover the text: cut between visits, and where one visit is too long at a sentence end.

    >>> visit = {"label": "初诊", "start": 0, "end": 8}, {"label": "复诊", "start": 8, "end": 15}
    >>> list(parts("初诊：咳嗽三日。复诊：咳已减。", visit, 12)), list(parts("咳嗽。痰黄。", (), 12))
    ([(0, 8), (8, 15)], [(0, 6)])
    """
    bounds = [0, *(visit["start"] for visit in visits[1:]), len(text)]
    pieces = [piece for start, end in pairwise(bounds) for piece in split(text[start:end], longest)]
    start = end = 0
    for piece in pieces:
        if end > start and end + len(piece) - start > longest:
            yield start, end
            start = end
        end += len(piece)
    if end > start:
        yield start, end
