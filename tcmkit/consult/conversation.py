"""A conversation from its options to its report."""

from dataclasses import dataclass
from pathlib import Path

from tcmkit.consult import report_text
from tcmkit.consult.report import report
from tcmkit.consult.report_file import check_name, write_report
from tcmkit.consult.session import Session, load
from tcmkit.consult.settings import Settings
from tcmkit.consult.terminal import Dialogue
from tcmkit.consult.terminal_reader import Place, Screen
from tcmkit.errors import UsageError
from tcmkit.language import both


@dataclass(frozen=True)
class Files:
    """Files of a conversation: none is written that was not asked for."""

    save: Path | None = None
    resume: Path | None = None
    report: Path | None = None


def converse(screen: Screen, settings: Settings, files: Files) -> None:
    """Lead a conversation and show what it comes to.

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
    place = Place(files.save or files.resume)
    consultation = Dialogue(screen, settings, session, place).run()
    if not session.opening and consultation.ended != "red_flag":
        screen.show()
        screen.show(both("Nothing was said, so nothing is concluded.", "没有说到任何情况，不作判断。"))
        return
    made = report(consultation, session)
    for line, style in report_text.text(made):
        screen.show(line, style)
    if files.report:
        write_report(made, files.report)
        screen.show()
        screen.show(both(f"Report: {files.report}", f"报告：{files.report}"), "soft")
