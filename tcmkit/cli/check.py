"""`tcm check`: nothing dangerous in a prescription or in what the patient says."""

from functools import partial
from typing import Annotated

from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe, field_names, with_pipe
from tcmkit.errors import UsageError
from tcmkit.language import both, current

DETAILS = (
    "Each record (prescription, patient, text) gets safety: a status (block, warn, not_checked, note, clean) and "
    "findings with the herbs or words quoted, one sentence, and the source. What could not be checked says so. Tables "
    "of hospitals (CSV, TSV) are read as they are: 处方, 年龄, 性别, 妊娠, 西药, 诊断, 主诉 …",
    "每条记录（prescription、patient、text）得到 safety：状态（block、warn、not_checked、note、clean）与所见，"
    "附引文、一句说明和出处。未能核对的会写明。医院导出的表格（CSV、TSV）可直接读入：处方、年龄、性别、妊娠、西药、诊断、主诉等。",
)
EXAMPLE = "tcm check prescriptions.csv > checked.jsonl"


@with_pipe(spreads=True)
def check(
    pipe: Pipe,
    code: Annotated[
        str | None,
        option(
            "--explain",
            en="Print what a code of the findings means, and stop.",
            zh="打印所见代码的含义，然后结束。",
            metavar="CODE",
        ),
    ] = None,
    text: Annotated[
        str | None,
        option(
            "--text",
            en="Look for red flags in these words instead of reading records.",
            zh="检查这段话有无危险信号，不读记录。",
            metavar="TEXT",
        ),
    ] = None,
    field_map: Annotated[
        list[str] | None,
        option(
            "--map",
            en="Read a field under another name: prescription=FIELD, text=, patient=, age=, sex=, pregnant=, "
            "medications=, history=. Names such as 处方, 年龄, 诊断 are known.",
            zh="字段另有其名时：prescription=FIELD、text=、patient=、age=、sex=、pregnant=、medications=、history=。"
            "处方、年龄、诊断等名称不必写。",
            metavar="OURS=THEIRS",
        ),
    ] = None,
) -> int:
    """Run the checker over the inputs or one text, or explain a code."""
    from tcmkit.safety import FIELDS, Checker, Settings, codes, explain

    if code is None:
        named = tuple(field_names(field_map or [], FIELDS).items())
        make_checker = partial(Checker, Settings(current(), named))
        if text is None:
            return pipe.run_steps("check", make_checker)
        if pipe.options.inputs:
            raise UsageError(both("give --text or files, not both", "--text 与文件只能给其一"))
        return pipe.run_one("check", make_checker, {"text": text})
    if code not in codes():
        known = ", ".join(codes())
        raise UsageError(both(f"no such code; known: {known}", f"没有这个代码；已有：{known}"))
    print(explain(code))
    return 0
