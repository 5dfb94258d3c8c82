"""`tcm check`: nothing dangerous in a prescription or in what the patient says.

>>> from tcmkit.safety import Checker, Settings
>>> [record] = Checker(Settings(language="en"))({"prescription": "黑顺片10g，法半夏9g"})
>>> record["safety"]["status"], record["safety"]["findings"][0]["code"]
('block', 'incompat18')
"""

from tcmkit.safety.checker import Checker
from tcmkit.safety.columns import FIELDS, find
from tcmkit.safety.facts import pregnant_of
from tcmkit.safety.medicines import NotTold, group_names
from tcmkit.safety.patient import Patient, patient_of
from tcmkit.safety.say import codes, explain
from tcmkit.safety.settings import Settings
from tcmkit.safety.told import names_none
from tcmkit.safety.types import RANK

__all__ = [
    "FIELDS",
    "RANK",
    "Checker",
    "NotTold",
    "Patient",
    "Settings",
    "codes",
    "explain",
    "find",
    "group_names",
    "names_none",
    "patient_of",
    "pregnant_of",
]
