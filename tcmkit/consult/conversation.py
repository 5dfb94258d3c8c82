"""A conversation from its options to its report."""

import shlex
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tcmkit.consult import report_text
from tcmkit.consult.live import BuiltIn, LiveTeam
from tcmkit.consult.loop import Consultation
from tcmkit.consult.report import report
from tcmkit.consult.report_file import check_name, write_report
from tcmkit.consult.session import Session, load
from tcmkit.consult.settings import Settings
from tcmkit.consult.similar import similarity
from tcmkit.consult.terminal import Dialogue
from tcmkit.consult.terminal_reader import Place, Reader, Scoring, Screen
from tcmkit.consult.trace import TraceFile, no_trace
from tcmkit.errors import UsageError
from tcmkit.language import both

if TYPE_CHECKING:
    from tcmkit.llm import Blocking, ModelOptions


@dataclass(frozen=True)
class Files:
    """Files of a conversation: none is written that was not asked for."""

    save: Path | None = None
    resume: Path | None = None
    report: Path | None = None


def converse(screen: Screen, settings: Settings, files: Files, model: "ModelOptions | None" = None) -> None:
    """Lead a conversation and show what it comes to; with a model its team asks.

    Raises UsageError for names that cannot be, InputError for a session that cannot be read, OutputError for a report
    that cannot be written, KeyboardInterrupt when the person leaves by Ctrl-C.
    """
    if files.report:
        check_name(files.report)
    if files.save and files.save.exists() and files.save != files.resume:
        raise UsageError(
            both(
                f"{files.save} is there already: go on with --resume {files.save}, or choose another name",
                f"{files.save} 已存在：用 --resume {files.save} 继续，或换一个文件名",
            )
        )
    session = load(files.resume) if files.resume else Session(role=settings.role)
    if session.role == "self" and not settings.stop_at_red_flag:
        raise UsageError(
            both(
                "--after-red-flag note is for a practitioner: with --role self a red flag ends the conversation",
                "--after-red-flag note 只供医师使用：--role self 时遇危险信号即停止",
            )
        )
    with ExitStack() as stack:
        team = _Engines(settings, model, stack)
        place = Place(files.save or files.resume, model.speaker if model else "", team.sent_to)
        most = settings.max_rounds * settings.per_round
        one_by_one = replace(settings, role=session.role, per_round=1, max_rounds=most)
        at = Reader(screen, one_by_one, session, place, team.scoring)
        live = team.live(replace(settings, role=session.role, proposals=1), session, at)
        consultation = Dialogue(at, live or BuiltIn()).run()
        _sum_up(at, consultation, files, live)


def _sum_up(at: Reader, consultation: Consultation, files: Files, live: LiveTeam | None) -> None:
    """Show what it comes to, and write it where it is wanted."""
    screen, session = at.screen, at.session
    if not session.opening and consultation.ended != "red_flag":
        screen.show()
        screen.show(both("Nothing was said, so nothing is concluded.", "没有说到任何情况，不作判断。"))
        return
    made = report(consultation, session, live.conclude if live else None)
    stopped = consultation.ended == "red_flag" and session.role == "practitioner"
    for line, style in report_text.text(made, _to_go_on(at.place.save_to) if stopped else ""):
        screen.show(line, style)
    if files.report:
        write_report(made, files.report)
        screen.show()
        screen.show(both(f"Report: {files.report}", f"报告：{files.report}"), "soft")


def _to_go_on(kept: Path | None) -> str:
    """How a practitioner who has seen the patient goes on after a red flag; never shown to a patient alone."""
    if kept is None:
        return both(
            "Seen the patient and excluded it? Begin anew with: tcm consult --after-red-flag note",
            "医师面诊已排除的，可这样重新开始：tcm consult --after-red-flag note",
        )
    command = f"tcm consult --resume {shlex.quote(str(kept))} --after-red-flag note"
    return both(f"Seen the patient and excluded it? Go on with: {command}", f"医师面诊已排除的，可这样继续：{command}")


class _Engines:
    """What a conversation is led and scored by, closed with the stack."""

    def __init__(self, settings: Settings, model: "ModelOptions | None", stack: ExitStack) -> None:
        """Raises TcmError for a model that there is not, and for a trace that cannot be written."""
        self._stack = stack
        self._model = _opened(model, stack) if model else None
        embedder = _opened(settings.embed, stack) if settings.embed else None
        both_of_them = [one for one in (self._model, embedder) if one]
        self.sent_to = tuple(dict.fromkeys(one.sent_to for one in both_of_them if one.sent_to))
        trace = stack.enter_context(closing(TraceFile(settings.trace))) if settings.trace else no_trace
        self.scoring = Scoring(similarity(self._model, embedder, trace), trace)

    def live(self, settings: Settings, session: Session, at: Reader) -> LiveTeam | None:
        """The team, where there is a model."""
        if self._model is None:
            return None
        live = LiveTeam(self._model, settings, session, self.scoring, lambda text: at.screen.show(text, "soft"))
        self._stack.callback(live.close)
        return live


def _opened(options: "ModelOptions", stack: ExitStack) -> "Blocking":
    from tcmkit.llm import Blocking

    return stack.enter_context(Blocking(options))
