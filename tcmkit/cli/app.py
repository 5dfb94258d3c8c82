"""The program `tcm`: its verbs, its version, and how errors end."""

import os
import sys
from contextlib import redirect_stdout
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup

from tcmkit import __version__, errors
from tcmkit.cli.mistakes import said
from tcmkit.cli.options import Language, flat, help_text
from tcmkit.errors import TcmError
from tcmkit.language import both


class Verb(NamedTuple):
    """Where a verb's command stands, and its one line of purpose."""

    place: str
    """module:function; beside the function its module has DETAILS (English, Chinese) and EXAMPLE, a pipe that runs."""
    purpose: str


VERBS = {
    "ingest": Verb(
        "tcmkit.cli.ingest:ingest",
        both("Turn books, pages, PDFs and tables into documents.", "把书籍、网页、PDF 和表格变成文档。"),
    ),
    "screen": Verb(
        "tcmkit.cli.screen:screen",
        both("Drop toxic content and personal identifiers.", "筛除有害内容和个人身份信息。"),
    ),
    "modernize": Verb(
        "tcmkit.cli.modernize:modernize",
        both("Translate classical into modern Chinese, terms locked.", "文言译白话，术语不变。"),
    ),
    "clean-tqs": Verb(
        "tcmkit.cli.clean_tqs:clean_tqs",
        both("Clean case records by the Ten Questions Song.", "按十问歌清洗病案。"),
    ),
    "classify": Verb(
        "tcmkit.cli.classify:classify",
        both("Name the syndrome of a case, and say why.", "判断病案的证候，并说明依据。"),
    ),
    "classify fit": Verb(
        "tcmkit.cli.classify_fit:classify_fit",
        both("Train a model on labelled cases.", "用带标签的病案训练模型。"),
    ),
    "gen-qa": Verb(
        "tcmkit.cli.gen_qa:gen_qa",
        both("Make questions whose answers stand in the source.", "生成答案见于原文的问答。"),
    ),
    "gen-prefs": Verb(
        "tcmkit.cli.gen_prefs:gen_prefs",
        both("Make preferences: a right answer and a wrong one.", "生成偏好数据：一对一错两个回答。"),
    ),
    "check": Verb(
        "tcmkit.cli.check:check",
        both("Check prescriptions, and patients' words for red flags.", "检查处方的安全，以及患者自述中的危险信号。"),
    ),
    "convert": Verb(
        "tcmkit.cli.convert:convert",
        both("Convert lines to other formats, and back.", "与其他格式互相转换。"),
    ),
    "stats": Verb(
        "tcmkit.cli.stats:stats",
        both("Say what is in the files, as a table or a page.", "统计文件内容，输出表格或网页。"),
    ),
    "decontaminate": Verb(
        "tcmkit.cli.decontaminate:decontaminate",
        both("Drop training lines that hold an evaluation item.", "丢弃含有评测题的训练行。"),
    ),
    "retrieve": Verb(
        "tcmkit.cli.retrieve:retrieve",
        both("Find the formulas that fit a case.", "检索适合病案的方剂。"),
    ),
    "retrieve index": Verb(
        "tcmkit.cli.retrieve_index:retrieve_index",
        both("Make an index of a table of formulas.", "为方剂表建立索引。"),
    ),
    "sft": Verb(
        "tcmkit.cli.sft:sft",
        both("Train a model on documents or on answers.", "用文档或问答训练模型。"),
    ),
    "dpo": Verb(
        "tcmkit.cli.dpo:dpo",
        both("Train a model on preferences.", "用偏好数据训练模型。"),
    ),
    "grpo": Verb(
        "tcmkit.cli.grpo:grpo",
        both("Train a model on exam items by reward.", "以奖励在考题上训练模型。"),
    ),
    "prompts list": Verb(
        "tcmkit.cli.prompts_list:prompts_list",
        both("List the tasks that have a prompt.", "列出有提示词的任务。"),
    ),
    "prompts show": Verb(
        "tcmkit.cli.prompts_show:prompts_show",
        both("Print the prompt of a task.", "打印某任务的提示词。"),
    ),
    "models": Verb(
        "tcmkit.cli.models:models",
        both("List the models on this machine, or at an address.", "列出本机的模型，或某地址提供的模型。"),
    ),
    "models pull": Verb(
        "tcmkit.cli.models_pull:models_pull",
        both("Fetch a model's file from a hub, checked.", "从模型站下载模型文件并校验。"),
    ),
    "cache stats": Verb(
        "tcmkit.cli.cache_stats:cache_stats",
        both("Say what the call cache holds.", "查看调用缓存的内容。"),
    ),
    "cache prune": Verb(
        "tcmkit.cli.cache_prune:cache_prune",
        both("Forget old replies, or those of one engine.", "清除旧的回答，或某引擎的回答。"),
    ),
    "cache clear": Verb(
        "tcmkit.cli.cache_clear:cache_clear",
        both("Forget every reply.", "清除全部回答。"),
    ),
    "consult": Verb(
        "tcmkit.cli.consult:consult",
        both("Ask a patient, keep the record, advise and warn.", "问诊：提问、记录、建议并警示。"),
    ),
    "eval exam": Verb(
        "tcmkit.cli.eval_exam:eval_exam",
        both("Let a model sit an examination, or judge its answers.", "让模型参加考试，或给作答评分。"),
    ),
    "eval text": Verb(
        "tcmkit.cli.eval_text:eval_text",
        both("Score texts against their references.", "以参考答案评测文本。"),
    ),
    "eval consult": Verb(
        "tcmkit.cli.eval_consult:eval_consult",
        both("Measure consultations, compare and judge them.", "评测问诊：覆盖、证型、比较与评判。"),
    ),
    "eval retrieve": Verb(
        "tcmkit.cli.eval_retrieve:eval_retrieve",
        both("Score retrieval against the right formulas.", "以正确方剂评测检索。"),
    ),
    "eval syndrome": Verb(
        "tcmkit.cli.eval_syndrome:eval_syndrome",
        both("Score predicted syndromes against labels.", "用标签给证候预测评分。"),
    ),
    "export": Verb(
        "tcmkit.cli.export:export",
        both("Merge, convert, quantise and verify a trained model.", "合并、转换、量化并验证训练好的模型。"),
    ),
    "schema": Verb(
        "tcmkit.cli.schema:schema",
        both("Print a line type as JSON Schema.", "以 JSON Schema 打印一种行类型。"),
    ),
    "doctor": Verb(
        "tcmkit.cli.doctor:doctor",
        both("Say what is installed, missing, or in the way.", "检查已安装、缺少和冲突的部分。"),
    ),
}
"""Every verb by name, in the order of the pipe. A verb is imported when it is called, so start-up stays fast.

A name may have two words (`retrieve index`): the first is then a verb of its own, or only a heading for several.
"""

_HELP_NAMES = {"help_option_names": ["-h", "--help"]}


def command_of(name: str) -> Any:
    """The command of a verb, built when it is asked for."""
    module_name, _, function = VERBS[name].place.partition(":")
    module = import_module(module_name)
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    text = help_text(VERBS[name].purpose, module.DETAILS, module.EXAMPLE)
    single.command(name, help=text, context_settings=_HELP_NAMES)(flat(getattr(module, function)))
    return typer.main.get_command(single)


def second_words(first: str) -> list[str]:
    """What may follow the first word of a verb: `index` after `retrieve`."""
    return [name.partition(" ")[2] for name in VERBS if name.startswith(first + " ")]


class Verbs(TyperGroup):
    """The group of all verbs, each imported on demand."""

    def list_commands(self, ctx: Any) -> list[str]:
        """First words, in the order of the pipe."""
        return list(dict.fromkeys(name.partition(" ")[0] for name in VERBS))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The verb's command, or None for a name that is none."""
        if cmd_name in VERBS:
            return command_of(cmd_name)
        return Heading(name=cmd_name) if second_words(cmd_name) else None

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The verb that the first words name: two words before one."""
        two = " ".join(args[:2])
        if len(args) > 1 and two in VERBS:
            return two, command_of(two), args[2:]
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of verbs in `tcm --help`, without importing any."""
        with formatter.section(both("Commands", "子命令")):
            formatter.write_dl([(name, verb.purpose) for name, verb in VERBS.items()])


class Heading(TyperGroup):
    """The first word of several verbs that is none itself: `cache`, of `cache stats` and `cache prune`."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The second words."""
        return second_words(str(self.name))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The verb's command, or None."""
        name = f"{self.name} {cmd_name}"
        return command_of(name) if name in VERBS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """What may follow, without importing it."""
        with formatter.section(both("Commands", "子命令")):
            formatter.write_dl([(word, VERBS[f"{self.name} {word}"].purpose) for word in self.list_commands(ctx)])


HELP = "\n\n".join(
    (
        both("Turn Traditional Chinese Medicine text into training data.", "把中医文本变成训练数据。"),
        "\b\n"
        + both("Each verb reads JSON Lines and writes JSON Lines:", "每个子命令读入并写出 JSON Lines：")
        + "\n    tcm ingest books/ | tcm clean-tqs | tcm gen-qa > qa.jsonl",
    )
)

app = typer.Typer(
    name="tcm",
    cls=Verbs,
    help=HELP,
    pretty_exceptions_enable=False,
    context_settings=_HELP_NAMES,
    rich_markup_mode=None,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"tcmkit {__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", callback=_show_version, is_eager=True, help=both("Show the version.", "显示版本。")),
]


@app.callback()
def program(version: Version = False, lang: Language = None) -> None:
    """Options that stand before the verb; they act while they are read."""


def run() -> int:
    """Carry out the command line; the exit status (DESIGN, section 1)."""
    try:
        asked = len(sys.argv) > 1 or "_TCM_COMPLETE" in os.environ  # by the user, or by the shell's Tab
        result = app(prog_name="tcm", standalone_mode=False) if asked else _help_on_stderr()
    except TcmError as error:
        return _fail(str(error), error.exit_status)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        program_name = context.command_path if context else _verb_typed()
        see_help = both(f"see {program_name} --help", f"见 {program_name} --help")
        return _fail(f"{said(error.format_message())}; {see_help}", errors.USAGE)
    except SystemExit as left:
        if isinstance(left.__context__, BrokenPipeError):  # Typer's answer to `| head`
            return errors.DONE
        raise
    except OSError as error:
        what = error.filename or both("reading or writing failed", "读写失败")
        return _fail(f"{what}: {error.strerror or error}", errors.FAILED)
    except (KeyboardInterrupt, typer.Abort):
        return errors.INTERRUPTED
    return result if isinstance(result, int) else errors.DONE


def _verb_typed() -> str:
    """`tcm` and the verb of the command line, if one is named."""
    words = sys.argv[1:]
    typed = (" ".join(words[:count]) for count in (2, 1))
    return " ".join(("tcm", next((name for name in typed if name in VERBS), ""))).rstrip()


def _help_on_stderr() -> int:
    """No verb at all: what the verbs are, and that this was no run."""
    with redirect_stdout(sys.stderr):
        app(["--help"], prog_name="tcm", standalone_mode=False)
    return errors.USAGE


def _fail(message: str, status: int) -> int:
    """An error is one line."""
    print("tcm: " + " ".join(message.split()), file=sys.stderr)
    return status
