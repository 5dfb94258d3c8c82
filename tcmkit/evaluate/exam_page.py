"""The report of `tcm eval exam` as one HTML page that needs nothing else."""

from collections.abc import Mapping
from typing import Any

from tcmkit.evaluate.page import bar, document, interval, section, shares, table
from tcmkit.language import both


def page(report: Mapping[str, Any]) -> str:
    """The page of the totals that `Totals.table` gives."""
    names = both("What", "项目")
    tables = [
        section(both("By type", "按题型"), shares(names, report["by_type"])),
        section(both("By subject", "按科目"), shares(names, report["by_subject"])),
        section(both("By number of options", "按选项数"), shares(names, report["by_options"])),
        *(section(name, shares(names, rows)) for name, rows in report.get("by_field", {}).items()),
    ]
    return document(
        both("Examination", "考试评测"),
        shares(names, {both("all", "全部"): report}),
        _compared(report.get("compare")),
        _form(report),
        *tables,
        _several(report["several"]),
        _position(report["position"]),
    )


def _form(report: Mapping[str, Any]) -> str:
    rows = [(both("no answer", "未给出答案"), report["no_answer"])]
    if "format_failures" in report:
        rows.append((both("not in the form", "格式不符"), report["format_failures"]))
    return section(both("Answers", "作答"), table((both("What", "项目"), both("questions", "题数")), rows))


def _compared(found: Mapping[str, Any] | None) -> str:
    if not found or "refused" in found:
        return ""
    columns = (
        both("this run", "本次"),
        both("the other", "对照"),
        both("difference", "差"),
        "95%",
        "p",
        both("only here right", "仅本次对"),
        both("only there right", "仅对照对"),
    )
    row = (
        found["accuracy"],
        found["other_accuracy"],
        found["difference"],
        interval(found["interval_95"]),
        found["p"],
        found["only_here_right"],
        found["only_there_right"],
    )
    return section(both("Against another run (paired bootstrap)", "与另一次比较（配对自助法）"), table(columns, [row]))


def _several(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    names = {
        "questions": both("questions", "题数"),
        "exact": both("all right letters and no other", "全对"),
        "too_few": both("some right letters, none wrong", "漏选"),
        "with_a_wrong_one": both("with a wrong letter", "含错选"),
        "no_answer": both("no answer", "未作答"),
        "partial_credit": both("mean credit for a part", "部分得分均值"),
    }
    rows = [(name, found[key]) for key, name in names.items() if key in found]
    return section(both("Several right options", "多选题"), table((both("What", "项目"), ""), rows))


def _position(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    columns = (
        both("place", "位置"),
        both("right option there", "正确项在此"),
        both("right", "答对"),
        both("accuracy", "正确率"),
        "95%",
        "",
        both("chosen", "被选"),
        both("expected", "应选"),
    )
    rows = [
        (
            one["place"],
            one["questions"],
            one["right"],
            one["accuracy"],
            interval(one["interval_95"]),
            bar(one["accuracy"]),
            one["chosen"],
            one["expected"],
        )
        for one in found["places"]
    ]
    tests = both(
        f"Standard deviation of the accuracies {found['recall_std']:g}. Chance of such differences without bias: in"
        f" accuracy p {_told(found['p_accuracy'])}, in what is chosen wrongly p {_told(found['p_choice'])}.",
        f"各位置正确率的标准差 {found['recall_std']:g}。若无位置偏好，出现这样差异的概率："
        f"正确率 p {_told(found['p_accuracy'])}，错选 p {_told(found['p_choice'])}。",
    )
    return section(both("Places of the options", "选项位置"), f"{table(columns, rows)}<p>{tests}</p>")


def _told(p: float | None) -> str:
    return "–" if p is None else f"{p:g}"
