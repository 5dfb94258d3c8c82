"""A consultation: questions asked, answers understood, a record kept, advice given and checked (JingFang).

`loop` is the whole of it on one screen. `asking` chooses the next questions, `answers` understands what comes back,
`chart` keeps the record, `advice` says what it all amounts to. A patient is whoever answers: `patients` that play a
case, or a person at the `terminal`, whose `conversation` ends in a `report`.
"""

from tcmkit.consult.advice import Adviser
from tcmkit.consult.conversation import Files, converse
from tcmkit.consult.led import LedConsultStep, LedSettings
from tcmkit.consult.loop import Consultation, Patient, consult
from tcmkit.consult.patients import CasePatient, ScriptedPatient
from tcmkit.consult.settings import Settings
from tcmkit.consult.step import ConsultStep, StepSettings
from tcmkit.consult.terminal_reader import Screen, Style

__all__ = [
    "Adviser",
    "CasePatient",
    "ConsultStep",
    "Consultation",
    "Files",
    "LedConsultStep",
    "LedSettings",
    "Patient",
    "Screen",
    "ScriptedPatient",
    "Settings",
    "StepSettings",
    "Style",
    "consult",
    "converse",
]
