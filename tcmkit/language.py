"""Messages in the user's language: English or Chinese.

Every message is written once, at the place that says it, in both languages::

    raise InputError(both(f"no such file: {path}", f"找不到文件：{path}"))
"""

import os
from typing import Literal

Language = Literal["en", "zh"]

_chosen: Language | None = None


def use(language: Language | None) -> None:
    """Choose the language of all messages; None goes back to the locale's."""
    global _chosen
    _chosen = language


def current() -> Language:
    """The language in force: the one chosen, else $TCM_LANG, else the locale's, else English."""
    if _chosen is not None:
        return _chosen
    for variable in ("TCM_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def both(english: str, chinese: str) -> str:
    """Pick the wording for the language in force."""
    return chinese if current() == "zh" else english
