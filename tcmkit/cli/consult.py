"""`tcm consult`: questions asked, a record kept, advice given and checked."""

from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

from tcmkit.cli.pipe import Pipe, option, with_pipe
from tcmkit.errors import UsageError
from tcmkit.language import both, current

if TYPE_CHECKING:
    from tcmkit.llm import ModelOptions

DETAILS = (
    "With --patient each line of the input is a patient: simulated ones answer out of a case, scripted ones from the "
    "list answers. Each line comes out with consultation: turns, rounds, findings, syndrome, principle, formulas with "
    "their warnings, what was not asked. Nothing here replaces a physician.",
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
    """What a red flag in the words of a simulated patient does."""

    stop = "stop"
    note = "note"


@with_pipe(model=1)
def consult(
    pipe: Pipe,
    model: "ModelOptions",
    patient: Annotated[
        PatientKind | None,
        option(
            "--patient", en="Who plays the patient: simulated or scripted.", zh="由谁扮演患者：simulated 或 scripted。"
        ),
    ] = None,
    role: Annotated[
        Role,
        option(
            "--role",
            en="Who answers: practitioner, or self (no pulse is asked).",
            zh="作答者：practitioner（医师）或 self（患者本人，不问脉）。",
        ),
    ] = Role.practitioner,
    patient_llm: Annotated[
        str | None,
        option("--patient-llm", en="A model that plays the patient.", zh="扮演患者的模型。", metavar="SPEC"),
    ] = None,
    specialists: Annotated[
        int,
        option("--specialists", en="With a model: specialists in the team.", zh="有模型时：会诊专科数。", min=1, max=3),
    ] = 1,
    max_turns: Annotated[
        int,
        option(
            "--max-turns",
            en="With a model: rounds of review of questions that score low.",
            zh="有模型时：低分问题的评议次数。",
            min=0,
        ),
    ] = 1,
    max_rounds: Annotated[
        int, option("--max-rounds", en="Most rounds of questions.", zh="提问的最多轮数。", min=1, metavar="N")
    ] = 9,
    per_round: Annotated[
        int, option("--per-round", en="Questions in a round.", zh="每轮的问题数。", min=1, max=5, metavar="N")
    ] = 2,
    formulas: Annotated[int, option("--formulas", en="Formulas to show.", zh="列出的方剂数。", min=0, metavar="N")] = 3,
    no_generalist: Annotated[
        bool, option("--no-generalist", en="Ask for the specialty only.", zh="只问本专科要点（对照用）。")
    ] = False,
    random_questions: Annotated[
        bool, option("--random-questions", en="Ask in random order.", zh="随机提问（对照用）。")
    ] = False,
    fixed_order: Annotated[
        bool, option("--fixed-order", en="Ask in the order of the song.", zh="按《十问歌》次序提问（对照用）。")
    ] = False,
    single_stage: Annotated[
        bool, option("--single-stage", en="Search all formulas at once.", zh="单阶段检索方剂（对照用）。")
    ] = False,
    after_red_flag: Annotated[
        AfterRedFlag,
        option(
            "--after-red-flag",
            en="With a simulated patient: stop, or note it and go on.",
            zh="模拟患者出现危险信号时：stop 停止，或 note 记下并继续。",
        ),
    ] = AfterRedFlag.stop,
) -> int:
    """Lead the consultations."""
    from tcmkit.consult import ConsultStep, LedConsultStep, LedSettings, Settings, StepSettings

    if patient is None:
        raise UsageError(both("say who the patient is: --patient simulated", "请指明患者：--patient simulated"))
    if after_red_flag is AfterRedFlag.note and patient is not PatientKind.simulated:
        raise UsageError(
            both("--after-red-flag note needs --patient simulated", "--after-red-flag note 只用于 --patient simulated")
        )
    settings = Settings(
        role=role.value,
        specialists=specialists,
        max_turns=max_turns,
        max_rounds=max_rounds,
        per_round=per_round,
        generalist=not no_generalist,
        random_questions=random_questions,
        fixed_order=fixed_order,
        single_stage=single_stage,
        stop_at_red_flag=after_red_flag is AfterRedFlag.stop,
        formulas=formulas,
        language=current(),
        seed=pipe.options.seed,
    )
    if model.is_rules and patient_llm is None:
        return pipe.run_steps("consult", partial(ConsultStep, StepSettings(settings, patient.value)))
    specs = (() if model.is_rules else model.specs) + ((patient_llm,) if patient_llm else ())
    led = LedSettings(
        settings,
        patient.value,
        doctor=None if model.is_rules else 0,
        patient_model=len(specs) - 1 if patient_llm else None,
    )
    return pipe.run_talks("consult", partial(LedConsultStep, led), replace(model, specs=specs))
