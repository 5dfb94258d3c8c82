"""`tcm consult`: questions asked, a record kept, advice given and checked."""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tcmkit.cli import complete
from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe, with_pipe
from tcmkit.cli.retrieve import embedding_model
from tcmkit.errors import UsageError
from tcmkit.language import both, current

if TYPE_CHECKING:
    from tcmkit.consult import Files, Settings
    from tcmkit.llm import ModelOptions

DETAILS = (
    "Without --patient: a conversation, question by question; at the end the record, the syndrome with reasons, the "
    "closest formulas with every warning, and what was not asked. With --patient each line of the input is a patient: "
    "simulated ones answer out of a case, scripted ones from the list answers. Each line comes out with consultation: "
    "turns, rounds, findings, syndrome, principle, formulas with their warnings, what was not asked. Nothing here "
    "replaces a physician.",
    "不给 --patient：逐句问诊，最后给出记录、证型及依据、相近方剂及全部警示、未问的内容。"
    "给出 --patient 时，输入的每一行是一位患者：simulated 按病案作答，scripted 按 answers 列表作答。"
    "每行写出 consultation：对话、轮数、所见、证型、治法、方剂及其警示、未问的内容。本工具不能代替医师。",
)
EXAMPLE = "tcm clean-tqs records.jsonl | tcm consult --patient simulated > transcripts.jsonl"


class PatientKind(StrEnum):
    """Who plays the patient."""

    simulated = "simulated"
    scripted = "scripted"


class Role(StrEnum):
    """Who answers."""

    practitioner = "practitioner"
    self = "self"


class AfterRedFlag(StrEnum):
    """What a red flag in the words of a simulated patient, or told by a practitioner, does."""

    stop = "stop"
    note = "note"


@dataclass(frozen=True)
class Speakers:
    """Who speaks with whom."""

    patient: Annotated[
        PatientKind | None,
        option(
            "--patient", en="Who plays the patient: simulated or scripted.", zh="由谁扮演患者：simulated 或 scripted。"
        ),
    ] = None
    role: Annotated[
        Role,
        option(
            "--role",
            en="Who answers: practitioner, or self (no pulse is asked).",
            zh="作答者：practitioner（医师）或 self（患者本人，不问脉）。",
        ),
    ] = Role.practitioner
    patient_llm: Annotated[
        str | None,
        option(
            "--patient-llm",
            en="A model that plays the patient.",
            zh="扮演患者的模型。",
            metavar="SPEC",
            autocompletion=complete.specs,
        ),
    ] = None


@dataclass(frozen=True)
class Limits:
    """How many of each there are at most."""

    specialists: Annotated[
        int,
        option("--specialists", en="With a model: specialists in the team.", zh="有模型时：会诊专科数。", min=1, max=3),
    ] = 1
    max_turns: Annotated[
        int,
        option(
            "--max-turns",
            en="With a model: rounds of review of questions that score low.",
            zh="有模型时：低分问题的评议次数。",
            min=0,
        ),
    ] = 1
    max_rounds: Annotated[
        int, option("--max-rounds", en="Most rounds of questions.", zh="提问的最多轮数。", min=1, metavar="N")
    ] = 9
    per_round: Annotated[
        int, option("--per-round", en="Questions in a round.", zh="每轮的问题数。", min=1, max=5, metavar="N")
    ] = 2
    formulas: Annotated[int, option("--formulas", en="Formulas to show.", zh="列出的方剂数。", min=0, metavar="N")] = 3


@dataclass(frozen=True)
class Manner:
    """How it is led: most of these are for comparison."""

    no_generalist: Annotated[
        bool, option("--no-generalist", en="Ask for the specialty only.", zh="只问本专科要点（对照用）。")
    ] = False
    random_questions: Annotated[
        bool, option("--random-questions", en="Ask in random order.", zh="随机提问（对照用）。")
    ] = False
    fixed_order: Annotated[
        bool, option("--fixed-order", en="Ask in the order of the song.", zh="按《十问歌》次序提问（对照用）。")
    ] = False
    single_stage: Annotated[
        bool, option("--single-stage", en="Search all formulas at once.", zh="单阶段检索方剂（对照用）。")
    ] = False
    after_red_flag: Annotated[
        AfterRedFlag,
        option(
            "--after-red-flag",
            en="Of a simulated patient, or to a practitioner at the terminal: stop, or note it and go on.",
            zh="模拟患者，或终端上的医师，遇危险信号时：stop 停止，或 note 记下并继续。",
        ),
    ] = AfterRedFlag.stop


@dataclass(frozen=True)
class Kept:
    """What is kept of it, and how a conversation is shown."""

    report: Annotated[
        Path | None,
        option(
            "--report",
            en="Write what the conversation comes to: .html (fit to print), .md or .json.",
            zh="写出问诊结果：.html（可打印）、.md 或 .json。",
            metavar="FILE",
        ),
    ] = None
    save: Annotated[
        Path | None,
        option(
            "--save", en="Keep the conversation here after each answer.", zh="每次回答后保存到此文件。", metavar="FILE"
        ),
    ] = None
    resume: Annotated[
        Path | None,
        option("--resume", en="Go on with a kept conversation.", zh="继续已保存的问诊。", metavar="FILE"),
    ] = None
    plain: Annotated[
        bool,
        option("--plain", en="Line by line, for screen readers.", zh="逐行显示，供读屏软件使用。"),
    ] = False
    trace: Annotated[
        Path | None,
        option(
            "--trace",
            en="Write every step here as JSON Lines: proposals, scores, choices, what was understood.",
            zh="以 JSON Lines 写出每一步：提议、得分、取舍、听懂了什么。",
            metavar="FILE",
        ),
    ] = None


Embed = Annotated[
    str | None,
    option(
        "--embed",
        en="Score questions by this model's vectors: openai:MODEL, gguf:PATH, hf:PATH.",
        zh="用此模型的向量给问题打分：openai:模型、gguf:路径、hf:路径。",
        metavar="SPEC",
    ),
]


@with_pipe(model=1)
def consult(
    pipe: Pipe,
    model: "ModelOptions",
    who: Speakers,
    limits: Limits,
    manner: Manner,
    kept: Kept,
    embed: Embed = None,
) -> int:
    """Lead the consultations."""
    from tcmkit.consult import ConsultStep, Files, LedConsultStep, LedSettings, Settings, StepSettings

    _check(pipe, model, who, manner, kept)
    _check_trace(kept.trace, pipe, kept.report, kept.save)
    pipe = Pipe(replace(pipe.options, jobs=1)) if kept.trace or embed else pipe  # one file, one model
    settings = Settings(
        role=who.role.value,
        specialists=limits.specialists,
        max_turns=limits.max_turns,
        max_rounds=limits.max_rounds,
        per_round=limits.per_round,
        generalist=not manner.no_generalist,
        random_questions=manner.random_questions,
        fixed_order=manner.fixed_order,
        single_stage=manner.single_stage,
        stop_at_red_flag=manner.after_red_flag is AfterRedFlag.stop,
        formulas=limits.formulas,
        trace=kept.trace,
        embed=embedding_model(embed, model.engine.base_urls),
        language=current(),
        seed=pipe.options.seed,
    )
    if who.patient is None:
        return _converse(settings, Files(kept.save, kept.resume, kept.report), kept.plain, model)
    if model.is_rules and who.patient_llm is None:
        return pipe.run_steps("consult", partial(ConsultStep, StepSettings(settings, who.patient.value)))
    specs = (() if model.is_rules else model.specs) + ((who.patient_llm,) if who.patient_llm else ())
    led = LedSettings(
        settings,
        who.patient.value,
        doctor=None if model.is_rules else 0,
        patient_model=len(specs) - 1 if who.patient_llm else None,
    )
    return pipe.run_talks("consult", partial(LedConsultStep, led), replace(model, specs=specs))


def _check(pipe: Pipe, model: "ModelOptions", who: Speakers, manner: Manner, kept: Kept) -> None:
    """Raise UsageError for options that cannot go together."""
    if who.patient is None and (pipe.options.inputs or pipe.options.output):
        raise UsageError(both("say who the patient is: --patient simulated", "请指明患者：--patient simulated"))
    if who.patient is None and who.patient_llm:
        raise UsageError(
            both(
                "--patient-llm needs --patient simulated: at the terminal you are the patient",
                "--patient-llm 须与 --patient simulated 同用：终端问诊由您作答",
            )
        )
    if who.patient is None and model.estimate:
        raise UsageError(both("--estimate is for the pipe: give --patient", "--estimate 只用于管道：请给出 --patient"))
    if who.patient is not None and (kept.report or kept.save or kept.resume or kept.plain):
        raise UsageError(
            both(
                "--report, --save, --resume and --plain are for a conversation: leave --patient out",
                "--report、--save、--resume、--plain 只用于终端问诊：请去掉 --patient",
            )
        )
    if manner.after_red_flag is AfterRedFlag.note and who.patient is PatientKind.scripted:
        raise UsageError(
            both("--after-red-flag note needs --patient simulated", "--after-red-flag note 只用于 --patient simulated")
        )


def _check_trace(trace: Path | None, pipe: Pipe, *others: Path | None) -> None:
    """Raise UsageError for a trace that would be written over another output."""
    names = [Path(name) for name in (pipe.options.output, pipe.options.rejects) if name] + [
        one for one in others if one
    ]
    if trace and trace.resolve() in [name.resolve() for name in names]:
        raise UsageError(both("two outputs have the same name", "两个输出同名"))


def _converse(settings: "Settings", files: "Files", plain: bool, model: "ModelOptions") -> int:
    """A conversation at the terminal, or line by line. Nothing of it is cached unless a cache was named."""
    from tcmkit.cli.consult_screen import screen
    from tcmkit.consult import converse
    from tcmkit.llm.cache import default_path

    kept = None if model.cache == default_path() else model.cache
    converse(screen(plain), settings, files, None if model.is_rules else replace(model, cache=kept))
    return 0
