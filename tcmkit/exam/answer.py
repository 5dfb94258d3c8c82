"""Which option an answer names. Strict: what can be read in two ways is no answer.

The released reward of Ladder-base reads "The answer is B" as E and "不是A，应选B" as A. Here the answer block
is taken apart into option texts, letters and the rest (`exam.parts`); then either all of it points to one answer, or
there is none.
"""

import re
from collections.abc import Mapping
from difflib import SequenceMatcher

from tcmkit.exam import words
from tcmkit.exam.form import TAGS, answers_of
from tcmkit.exam.parts import EDGE, Parts, key_of, parts_of

_LEAD = re.compile(
    r"^(?:(?:最终|最佳|正确|本题|标准|我的|所以|因此|综上|故|应|该|当|题目?)*(?:的|之)?"
    r"(?:答案|选择|选项|选|答)(?:应该?|就)?(?:是|为|选)?[:： ]*"
    r"|(?:so |thus |therefore,? )?(?:the )?(?:final |correct |best |right )?"
    r"(?:answer|option|choice)(?: is| would be| should be)?[:： ]*)+",
    re.IGNORECASE,
)
_TAIL = re.compile(r"(?:这一项|项)?(?:是|为|最)?(?:正确|对|合适|恰当|最佳)(?:的?(?:答案|选项))?的?$")
_AND = re.compile(r"[ ,，、;；/&+\n和及与]+|\band\b")
_RANGE = re.compile(
    r"[A-Z] *[-~～—–至到] *[A-Z]"
    r"|(?<![A-Za-z])[A-Za-z] *(?:[-~～—–至到]|\b(?:to|through|thru)\b) *[A-Za-z](?![A-Za-z])"
)
_LABELLED = re.compile(r"([A-Z]) *[.．、:：)）] *([\u4e00-\u9fff]{2,20})[。.]?$")


def extract(completion: str, options: Mapping[str, str], *, several: bool = False) -> frozenset[str] | None:
    """The letters that a completion answers with, or None where it gives no answer.

    No answer block, or answer blocks that differ: no answer. Else the form does not matter. A block within a closed
    think block answers nothing, but it may differ from one that does.
    `several`: the question may have more than one right option.

    >>> extract("<think>…</think><answer>选B</answer>", {"A": "麻黄汤", "B": "桂枝汤"})
    frozenset({'B'})
    >>> extract("<answer>A</answer><answer>B</answer>", {"A": "麻黄汤", "B": "桂枝汤"}) is None
    True
    """
    given, thought = answers_of(completion)
    if not given:
        return None
    read = {read_answer(text, options, several=several) for text in (*given, *thought)}
    return read.pop() if len(read) == 1 else None


def read_answer(text: str, options: Mapping[str, str], *, several: bool = False) -> frozenset[str] | None:
    """The letters that the text of an answer block names.

    Letters may be full width, lower case, bracketed, introduced ("答案：", "The answer is") and followed by their
    option's text; an option's whole text alone counts as its letter. None for two letters where one is asked for, for
    a negation, a letter beside another option's text, a letter that is no option, look-alikes from other scripts.

    >>> options = {"A": "肝阳上亢", "B": "气血亏虚"}
    >>> read_answer("B. 气血亏虚", options), read_answer("B. 肝阳上亢", options), read_answer("不是A", options)
    (frozenset({'B'}), None, None)
    """
    for tag in TAGS:
        text = text.replace(tag, " ")
    parts = parts_of(text, options)
    if parts.is_foreign or not parts.letters <= options.keys():
        return None
    if words.denies(parts.rest, parts.spoken):
        return None
    if several and (words.leaves_open(parts.rest) or _RANGE.search(parts.spoken)):
        return None
    named = _named(parts, options)
    return named if named and (several or len(named) == 1) else None


def _named(parts: Parts, options: Mapping[str, str]) -> frozenset[str] | None:
    """The one answer that letters and texts agree on; None where they do not."""
    owners = list(parts.texts.values())
    if parts.letters:
        agreed = all(letters & parts.letters for letters in owners) and not parts.mismatched
        return parts.letters if agreed and not _misnamed(parts.spoken, options) else None
    # No letter: then the texts are all there is, but for words that introduce them.
    left = parts.rest.strip(EDGE)
    left = _TAIL.sub("", _LEAD.sub("", left).strip(EDGE))
    for mark in parts.texts:
        left = left.replace(mark, " ")
    if _AND.sub("", left).strip(EDGE) or any(len(letters) > 1 for letters in owners):
        return None
    return frozenset().union(*owners)


def _misnamed(spoken: str, options: Mapping[str, str]) -> bool:
    """Whether a letter is followed, as by its option's text, by something that is like another option, not its own.

    "B. 四君子汤" where B is 桂枝汤 and no option is 四君子汤: it looks like an option of the kind (its last character),
    and is not the one.
    """
    match = _LABELLED.search(spoken)
    if match is None or match[1] not in options or words.is_remark(match[2]):
        return False
    likeness = {letter: SequenceMatcher(None, key_of(text), match[2]).ratio() for letter, text in options.items()}
    own = likeness.pop(match[1])
    if own >= max(0.5, *likeness.values()):
        return False
    return max(likeness.values()) >= 0.5 or match[2][-1] in {key_of(text)[-1:] for text in options.values()}
