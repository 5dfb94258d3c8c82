"""Sentences and clauses of Chinese prose, as spans."""

import re
from collections.abc import Iterator

_SENTENCE = re.compile(r"[^。！？!?；;\n]*(?:[。！？!?；;]+[”’」』）)》】]*|\n+|$)")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Spans that end after 。！？； or a line break (closing quotes included) and cover the text without gaps.

    >>> [("头痛。脉浮；"[a:b]) for a, b in sentences("头痛。脉浮；")]
    ['头痛。', '脉浮；']
    """
    for match in _SENTENCE.finditer(text):
        if match.end() > match.start():
            yield match.span()
