"""The two screens of `tcm consult`: one that edits and colours, and a plain one, line by line."""

import os
import re
import sys
from typing import TYPE_CHECKING

from tcmkit.errors import UsageError
from tcmkit.language import both

if TYPE_CHECKING:
    from prompt_toolkit.key_binding import KeyBindings

    from tcmkit.consult import Screen, Style

_STYLES = {"title": "bold cyan", "question": "bold", "choice": "", "soft": "dim", "alarm": "bold white on red"}
_PROMPT = "> "
_MARKS = "，。、；：！？）》”’…!?,.;:)%"
_PIECES = re.compile(
    rf"(?:[（《“‘(]*(?:[\u2e80-\u9fff\uf900-\ufaff]|[^ \u2e80-\uffef（《“‘]+|.)(?:\u00a0\w+)?[{_MARKS}]*) *| +"
)
"""What is not broken: a wide character or a word, with the marks that belong to it."""
_LONG_PASTE = 400
"""A longer paste is shown as its length, else every key would draw it anew; a longer line as its beginning."""


def screen(plain: bool) -> "Screen":
    """The screen that this terminal can have."""
    if plain or not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM", "dumb") in ("dumb", ""):
        return PlainScreen()
    return FullScreen()


class PlainScreen:
    """Lines in, lines out: nothing moves, nothing is drawn, so a screen reader can follow."""

    def __init__(self) -> None:
        self._is_first = True
        self._echoes = not sys.stdin.isatty()
        sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]

    def show(self, text: str = "", style: "Style" = "") -> None:
        """Print text. An alarm is marked in words."""
        print((both("ATTENTION: ", "注意：") + text.strip()) if style == "alarm" else text, flush=True)

    def ask(self, status: str, default: str = "") -> str:
        """The next line; where it is not typed at a terminal, it is shown too."""
        if not self._echoes:
            return input(_PROMPT)
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        if self._is_first and line.startswith("{"):  # records without --patient
            raise UsageError(both("say who the patient is: --patient simulated", "请指明患者：--patient simulated"))
        self._is_first = False
        shown = line.rstrip("\n")
        print(_PROMPT + (shown if len(shown) <= _LONG_PASTE else shown[:_LONG_PASTE] + "…"), flush=True)
        return line


def broken(text: str, width: int) -> list[str]:
    """A line in rows of at most so many columns: at a space, else between wide characters, no row begins with a mark.

    >>> broken("情况紧急请立即拨打 120。也可以", 12), broken("call your doctor now", 12)
    (['情况紧急请立', '即拨打 120。', '也可以'], ['call your', 'doctor now'])
    """
    from rich.cells import cell_len

    rows, row, used = [], "", 0
    for piece in _PIECES.findall(text):
        size = cell_len(piece.rstrip())
        if row and used + size > width:
            rows.append(row.rstrip())
            row, used, piece = "", 0, piece.lstrip()
        while cell_len(piece.rstrip()) > width and len(piece) > 1:  # a long address, which begins its row
            rows.append(piece[: max(width // 2, 1)])
            piece = piece[max(width // 2, 1) :]
        row, used = row + piece, used + cell_len(piece)
    return [*rows, row.rstrip()] if row or not rows else rows


class FullScreen:
    """Editing of wide characters, a line of status below, colour where it is wanted."""

    def __init__(self) -> None:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.output import ColorDepth
        from rich.console import Console

        self._console = Console(highlight=False, markup=False, emoji=False)
        depth = ColorDepth.DEPTH_1_BIT if self._console.no_color else None
        self._pasted: dict[str, str] = {}
        self._session = PromptSession[str](color_depth=depth, key_bindings=self._keys())

    def show(self, text: str = "", style: "Style" = "") -> None:
        """Print text in its style, broken at the edge of the terminal."""
        from rich.text import Text

        if style == "alarm":
            text = f"!! {text.strip()} !!"
        for line in text.split("\n"):
            words = line.lstrip()
            margin = " " * (len(line) - len(words))
            for row in broken(words, max(self._console.width - len(margin), 8)):
                self._console.print(margin, Text(row, _STYLES.get(style, "")), sep="", soft_wrap=True)

    def ask(self, status: str, default: str = "") -> str:
        """The next line, edited; `status` stands below it meanwhile."""
        line = self._session.prompt(_PROMPT, default=default.replace("\n", " "), bottom_toolbar=status)
        for shown, pasted in self._pasted.items():
            line = line.replace(shown, pasted)
        self._pasted.clear()
        return line

    def _keys(self) -> "KeyBindings":
        from prompt_toolkit.key_binding import KeyBindings
        from prompt_toolkit.keys import Keys

        keys = KeyBindings()

        @keys.add(Keys.BracketedPaste)
        def _paste(event) -> None:  # type: ignore[no-untyped-def]
            words = event.data.replace("\r\n", "\n").replace("\r", "\n")
            if len(words) <= _LONG_PASTE:
                event.current_buffer.insert_text(" ".join(words.split("\n")).strip())
                return
            shown = both(f"[{len(words)} characters pasted]", f"[粘贴了 {len(words)} 字]")
            self._pasted[shown] = words
            event.current_buffer.insert_text(shown)

        return keys
