"""Names of fields as tables of strangers write them, made comparable."""

import re
import unicodedata

_IN_BRACKETS = re.compile(r"[(\[【]([^()\[\]【】]*)[)\]】]$")
_NUMBERED = re.compile(r"(?<=\D)[\d:]+$")


def plain_name(name: str) -> tuple[str, str]:
    """The name of a field as a table of names has it, and what stands in brackets at its end.

    >>> plain_name(" 年龄（月）"), plain_name("Chief_Complaint"), plain_name("诊断2")
    (('年龄', '月'), ('chiefcomplaint', ''), ('诊断', ''))
    """
    plain = re.sub(r"[\s_-]", "", unicodedata.normalize("NFKC", name)).lower()
    bracket = _IN_BRACKETS.search(plain)
    if bracket and bracket.start():
        return _NUMBERED.sub("", plain[: bracket.start()]), bracket[1]
    return _NUMBERED.sub("", plain), ""
