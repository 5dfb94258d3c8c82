"""Chinese medicines that the patient already takes, read as herbs: 附子汤, 甘草片, 丹参滴丸."""

import re
from functools import cache

from tcmkit.herbs import Item, place, read_prescription
from tcmkit.tables import table

_FORM = re.compile(
    r"(?:汤|饮|煎|散|膏|丹|(?:滴|水蜜|浓缩|蜜|大蜜|水)?丸|片|(?:软)?胶囊|颗粒|冲剂|口服液|合剂|糖浆|酒|茶|水|粉|注射液)[\d一二两三.]*"
    r"(?:付|剂|粒|片|丸|g|克|次)?$"
)
_LONGEST = 6
"""Characters of a herb's name."""


@cache
def _formulas() -> dict[str, tuple[str, ...]]:
    """Herbs of the formulas that the package knows, by name."""
    rows = table("formulas")["formulas"]
    return {row["name"]: tuple(item["herb"] for item in row["composition"]) for row in rows}


def herbs_taken(medicine: str) -> list[Item]:
    """The herbs that the name of a medicine tells; none of a Western one. Where they stand is not told.

    >>> [[item.herb.name for item in herbs_taken(name)] for name in ("我煎的甘草汤", "丹参滴丸", "小蓝片")]
    [['甘草'], ['丹参'], []]
    """
    named = max((name for name in _formulas() if medicine.endswith(name)), key=len, default="")
    if named:
        return read_prescription("、".join(_formulas()[named])).items
    items = read_prescription(medicine).items
    return items or _in_product(_FORM.sub("", medicine))


def _in_product(stem: str) -> list[Item]:
    """The herb that a product is called after, at the end of its name without the form."""
    for length in range(min(_LONGEST, len(stem)), 1, -1):
        if place(stem[-length:]).herb:
            return read_prescription(stem[-length:]).items
    return []
