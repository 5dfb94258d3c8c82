"""Whether a translation keeps the locked terms of its source and adds none."""

from tcmkit.llm import ReplyError
from tcmkit.modernize.numbers import is_stated
from tcmkit.modernize.terms import Terms, terms_of


def lost(source: Terms, translation: Terms) -> list[str]:
    """Terms of the source that the translation does not hold, as the source writes them."""
    named = [*source.formulas_sorted(), *source.herbs, *sorted(source.points)]
    missing = [name for name in named if name not in translation.text]
    doses = {number.key for number in translation.numbers if number.dose}
    values = {value for number in translation.numbers for value in number.values}
    for number in source.numbers:
        stands = number.key in doses if number.dose else values.issuperset(number.values)
        if is_stated(number) and not stands:
            missing.append(number.text)
    return list(dict.fromkeys(missing))


def added(source: Terms, translation: Terms) -> list[str]:
    """Herbs, formulas and doses of the translation that the source does not hold, or gives to another herb."""
    rows = set(source.herbs.values())
    extra = [name for name, row in translation.herbs.items() if row not in rows and name not in source.text]
    extra += [name for name in sorted(translation.known_formulas) if name not in source.text]
    doses = {number.key for number in source.numbers}
    extra += [number.text for number in translation.numbers if number.dose and number.key not in doses]
    given = {herb for herb, _dose in source.pairs}
    extra += [
        f"{herb}{dose[0][0]:g}{dose[1]}"
        for herb, dose in sorted(translation.own - source.pairs)
        if herb in given and dose in doses
    ]
    return list(dict.fromkeys(extra))


def hold(source: Terms, translation: str) -> None:
    """Raises ReplyError `term_lost` or `term_added`, naming the terms for the model to mend."""
    there = terms_of(translation)
    missing, extra = lost(source, there), added(source, there)
    advice = (f"译文缺少原文的：{'、'.join(missing)[:300]}。" if missing else "") + (
        f"译文多出或改动了：{'、'.join(extra)[:300]}。" if extra else ""
    )
    if advice:
        reason = "term_lost" if missing else "term_added"
        raise ReplyError(
            reason, advice + "药名、方名、穴名、剂量和数字须照原文保留，不得增减。请重新翻译，只输出 JSON。"
        )
