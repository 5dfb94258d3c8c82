"""The tables of `tcm retrieve` agree with themselves and with each other."""

from collections import Counter

from tcmkit.retrieve.elements import mask_of, names
from tcmkit.retrieve.forms import forms_in
from tcmkit.tables import table

FORMS = table("finding_forms")
TERMS = table("formula_terms")
KNOWN = table("formula_knowledge")


def test_kinds_name_findings() -> None:
    assert {name for words in FORMS["kinds"].values() for name in words.split()} - set(FORMS["findings"]) == set()


def test_every_finding_is_found_by_its_own_name() -> None:
    assert [name for name in FORMS["findings"] if name not in {form.token for form in forms_in(name)}] == []


def test_elements_are_the_organs_and_qualities() -> None:
    assert set(TERMS["elements"]) == set(names())
    assert len(names()) == len(set(names())) <= 62  # a mask is a signed 64-bit number
    assert [name for name in names() if not mask_of(TERMS["elements"][name])] == []


def test_uses_have_findings_formulas_and_a_source() -> None:
    for disease, syndrome, findings, formulas, source in KNOWN["uses"]:
        assert disease
        assert syndrome
        assert formulas.split()
        assert len(findings.split()) >= 1, (disease, syndrome)
        assert source in KNOWN["sources"]
    assert [use for use, count in Counter((*use[:2], use[3]) for use in KNOWN["uses"]).items() if count > 1] == []


def test_an_alias_is_no_formula_of_its_own() -> None:
    aliases = [alias for words in KNOWN["aliases"].values() for alias in words.split()]
    assert [alias for alias, count in Counter(aliases).items() if count > 1] == []
    assert set(aliases) & set(KNOWN["aliases"]) == set()


def test_the_formulas_of_the_package_are_used_by_textbooks_and_are_at_least_eighty() -> None:
    assert len(table("formulas")["formulas"]) >= 80
    used = {name for use in KNOWN["uses"] for name in use[3].split()}
    assert len(used) > 300
