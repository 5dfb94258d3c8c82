"""What can be typed besides an answer."""

from typing import NamedTuple

from tcmkit.language import both


class Command(NamedTuple):
    """A command and the words that it is called by."""

    name: str
    words: tuple[str, ...]
    shown: str
    en: str
    zh: str


COMMANDS = (
    Command(
        "help", ("?", "？", "/help", "/h", "/帮助"), "?", "why this is asked, and this list", "为什么这样问，以及本表"
    ),
    Command("why", ("/why", "/为什么"), "/why", "why this is asked", "为什么这样问"),
    Command("skip", ("/skip", "/s", "/跳过"), "/skip", "leave this question (or just Enter)", "跳过此问（或直接回车）"),
    Command("undo", ("/undo", "/u", "/撤销"), "/undo", "take the last answer back", "撤回上一个回答"),
    Command(
        "edit",
        ("/edit", "/e", "/修改"),
        "/edit N",
        "answer question N anew (0: complaint; age, sex, pregnant, medications)",
        "改第 N 问的回答（0：主诉；年龄、性别、怀孕、用药）",
    ),
    Command("record", ("/record", "/r", "/记录"), "/record", "the record so far", "目前的记录"),
    Command(
        "suspect", ("/suspect", "/疑似"), "/suspect", "what is suspected, and how sure", "目前疑似什么、有几分把握"
    ),
    Command(
        "meter", ("/meter", "/进度"), "/meter", "what of the Ten Questions is known and open", "十问中已知的与未问的"
    ),
    Command("save", ("/save", "/保存"), "/save FILE", "save this conversation from here on", "从此刻起保存本次问诊"),
    Command(
        "done",
        ("/done", "/quit", "/q", "/结束"),
        "/done",
        "end here and sum up (or Ctrl-D)",
        "到此为止，给出小结（或 Ctrl-D）",
    ),
)
_BY_WORD = {word: command.name for command in COMMANDS for word in command.words}


class Line(NamedTuple):
    """A line as typed: a command with what follows it, or words when the command is empty."""

    command: str
    rest: str


def parsed(typed: str) -> Line:
    """What a line is. A command that there is not is `unknown`.

    >>> parsed(" /edit 3"), parsed("头痛"), parsed("/日记")
    (Line(command='edit', rest='3'), Line(command='', rest='头痛'), Line(command='unknown', rest='/日记'))
    """
    words = typed.strip()
    if words[:1] not in ("/", "／", "?", "？"):
        return Line("", words)
    first, _, rest = words.replace("／", "/", 1).partition(" ")
    name = _BY_WORD.get(first.lower())
    if name is None and first[0] in "?？":
        return Line("help", "") if not first.strip("?？") and not rest else Line("", words)
    return Line(name, rest.strip()) if name else Line("unknown", words)


def listed() -> list[str]:
    """The commands, one a line."""
    return [f"{command.shown:<12}{both(command.en, command.zh)}" for command in COMMANDS]
