"""Where a conversation stands, the lines that come in, and the commands that change nothing."""

import re
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from tcmkit.consult import terminal_words as words
from tcmkit.consult.advice import Adviser
from tcmkit.consult.asking import Question
from tcmkit.consult.loop import Consultation
from tcmkit.consult.replay import replay
from tcmkit.consult.scoring import Similarity, by_lsa
from tcmkit.consult.session import Session, printable, save
from tcmkit.consult.settings import Settings
from tcmkit.consult.terminal_commands import Line, parsed
from tcmkit.consult.trace import Trace, no_trace, of_session
from tcmkit.consult.wording import statement, wording
from tcmkit.errors import TcmError
from tcmkit.language import both

Style = Literal["", "title", "question", "choice", "soft", "alarm"]
MOST_SAID = 2000
"""Characters of one statement that go into the record; red flags are looked for in all of it."""
_NUMBERS = re.compile(r"[0-9](?:[\s,，、和]*[0-9])*[。.]?")


class Screen(Protocol):
    """Where the conversation is shown and lines come from."""

    def show(self, text: str = "", style: Style = "") -> None:
        """Show text, which may have several lines."""
        ...

    def ask(self, status: str, default: str = "") -> str:
        """The next line. Raises EOFError at the end of the input, KeyboardInterrupt for Ctrl-C."""
        ...


class Place(NamedTuple):
    """Where the conversation is kept, and who sees it."""

    save_to: Path | None = None
    model: str = ""
    """The model that asks, by name; empty for the built-in engine."""
    sent_to: tuple[str, ...] = ()
    """The addresses that answers are sent to; none when nothing leaves the machine."""


class Scoring(NamedTuple):
    """What questions are scored by, and who is told of each step."""

    similar: Similarity = by_lsa
    trace: Trace = no_trace


class Finished(Exception):
    """The person has said enough."""


class Reader:
    """The conversation as it stands, and what is typed into it."""

    def __init__(self, screen: Screen, settings: Settings, session: Session, place: Place, scoring: Scoring) -> None:
        self._settings, self._scoring = settings, scoring
        self.adviser = Adviser(settings)
        self.screen, self.place, self.session = screen, place, session
        self.consultation: Consultation
        self._warned: set[str] = set()
        self.rebuild()

    def rebuild(self) -> None:
        """Make the consultation anew from what was said."""
        self.consultation = replay(self.session, self._settings, self.adviser)
        self.consultation.similar, self.consultation.trace = self._scoring
        if self.session.opening:
            self._scoring.trace(of_session(self.consultation.turns, self.consultation.chart, self.consultation.ended))

    def preview(self) -> Consultation:
        """The consultation as it would stand with all that was said by now, for somebody to work with meanwhile."""
        return replay(self.session, self._settings, self.adviser)

    @property
    def flagged(self) -> bool:
        """Whether a red flag was heard."""
        return self.consultation.ended == "red_flag"

    def read(self, question: Question | None = None, default: str = "") -> Line:
        """The next line. Commands that only show something are carried out here.

        Raises Finished at the end, and for a red flag in what follows a command.
        """
        while True:
            self.warn()
            line = self._line(default)
            if line.command and self.aside(line.rest):
                self.rebuild()
            if line.command == "done" or (line.command and self.flagged):
                raise Finished
            if not self._shown(line, question):
                return line

    def aside(self, said: str) -> bool:
        """Keep words that are no answer if there is a red flag in them; whether there is."""
        if not self.adviser.red_flags(said):
            return False
        self.session.asides.append(said)
        return True

    def warn(self) -> None:
        """Show the red flags that the conversation goes on after, each once; what ends it shows them itself."""
        for turn in () if self.flagged else self.consultation.turns:
            if turn["role"] == "red_flag" and turn["text"] not in self._warned:
                self._warned.add(turn["text"])
                self.screen.show(turn["text"], "alarm")

    def _line(self, default: str) -> Line:
        """A line, whatever Ctrl-C does: once it is asked about, twice it ends."""
        try:
            try:
                return parsed(printable(self.screen.ask(self._status(), default)))
            except KeyboardInterrupt:
                self.screen.show(self._before_leaving(), "alarm")
            return parsed(printable(self.screen.ask(self._status(), default)))
        except EOFError:
            raise Finished from None

    def _before_leaving(self) -> str:
        kept = self.place.save_to
        saved = (
            both(f"everything is saved in {kept}.", f"内容已保存在 {kept}。")
            if kept
            else both("nothing is saved (/save FILE). /done sums up.", "内容未保存（/save 文件）。/done 作小结。")
        )
        return both("Ctrl-C once more leaves without a summary; ", "再按一次 Ctrl-C 就离开，不作小结；") + saved

    def _status(self) -> str:
        found = words.meter(self.consultation)
        rows = words.suspects(self.adviser.suspected(self.consultation.chart)) if self.session.exchanges else []
        suspected = f" · {rows[0][0]} {rows[0][1]:.0%}" if rows else ""
        keys = both("? help  /undo  /done", "? 帮助  /undo 撤回  /done 结束")
        return f"{both('Ten Questions', '十问')} {words.bar(found)}{suspected} · {keys}"

    def _shown(self, line: Line, question: Question | None) -> bool:
        """Carry out a command that changes nothing; whether it was one."""
        show = self.screen.show
        if line.command in ("help", "why"):
            if question:
                show(words.reason(question, self.consultation))
            if line.command == "help":
                show("\n".join(words.help_lines()))
        elif line.command == "record":
            show("\n".join(words.record_lines(self.consultation, self.session)))
        elif line.command == "suspect":
            show("\n".join(words.suspect_lines(self.adviser.suspected(self.consultation.chart))))
        elif line.command == "meter":
            show("\n".join(words.meter_lines(words.meter(self.consultation))))
        elif line.command == "save":
            self._save_as(line.rest)
        elif line.command == "unknown":
            show(both("There is no such command; ? lists them.", "没有这个命令；输入 ? 查看。"), "soft")
        else:
            return False
        return True

    def chosen(self, said: str, question: Question) -> str | None:
        """Numbers as what they stand for, other words as they are; None when there is no such number."""
        if question.again is None or not question.named or not _NUMBERS.fullmatch(said):
            return said
        numbers = [int(digit) for digit in dict.fromkeys(re.findall(r"[0-9]", said))]
        if numbers == [0]:
            return "没有"
        if 0 in numbers or max(numbers) > len(question.named):
            self.screen.show(both("There is no such number.", "没有这个编号。"), "soft")
            return None
        signs = [question.named[number - 1] for number in numbers]
        noted = both(", ".join(wording(sign, "en") for sign in signs), "；".join(map(wording, signs)))
        self.screen.show(both("Noted: ", "记下：") + noted, "soft")
        return "，".join(map(statement, signs))

    def kept(self, said: str) -> str:
        """What goes into the record of a long statement; all of it when there is a red flag in it."""
        if len(said) <= MOST_SAID or self.adviser.red_flags(said):
            return said
        self.screen.show(
            both(
                f"That is long: its first {MOST_SAID} characters are kept; all of it was searched for red flags.",
                f"内容较长：前 {MOST_SAID} 字记入记录；危险信号已查全文。",
            ),
            "soft",
        )
        return said[:MOST_SAID]

    def _save_as(self, name: str) -> None:
        if name:
            path = Path(name).expanduser()
            if path.exists() and path != self.place.save_to:
                self.screen.show(both(f"{path} is there already.", f"{path} 已存在。"), "soft")
                return
            self.place = self.place._replace(save_to=path)
        if not self.place.save_to:
            self.screen.show(both("Say where: /save FILE", "请写明文件：/save 文件"), "soft")
        elif self.save():
            self.screen.show(both(f"Saved: {self.place.save_to}", f"已保存：{self.place.save_to}"), "soft")

    def save(self) -> bool:
        """Save if it was asked for; what fails is said, and the conversation goes on."""
        if not self.place.save_to:
            return False
        try:
            save(self.session, self.place.save_to)
        except TcmError as error:
            self.screen.show(str(error), "alarm")
            return False
        return True
