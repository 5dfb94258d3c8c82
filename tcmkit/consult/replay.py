"""A consultation made anew from what was said: how undoing, editing and resuming work."""

from tcmkit.consult.advice import Adviser
from tcmkit.consult.answers import is_unknown
from tcmkit.consult.loop import Consultation
from tcmkit.consult.session import Exchange, Session
from tcmkit.consult.settings import Settings
from tcmkit.safety import Patient, patient_of


def replay(session: Session, settings: Settings, adviser: Adviser) -> Consultation:
    """The consultation as it stands after everything in the session; a red flag ends it where it was said."""
    consultation = Consultation(settings, adviser)
    if session.opening:
        consultation.hear(session.opening)
    for words in (*session.facts.values(), *session.asides):
        consultation.watch(words)
    take_facts(session, consultation)
    for exchange in session.exchanges:
        if consultation.ended:
            break
        consultation.ask([exchange.question])
        take(exchange, consultation)
    consultation.complaint = session.complaint
    return consultation


def take(exchange: Exchange, consultation: Consultation) -> str:
    """Take in the answer to a question that was put; how it was understood. A skipped one is open for good."""
    if exchange.answer is None:
        consultation.note("skipped", "", dimension=exchange.dimension)
        consultation.chart.mark(exchange.dimension, "unknown")
        return "skipped"
    return consultation.hear(exchange.answer, exchange.question)


def take_facts(session: Session, consultation: Consultation) -> None:
    """Let the consultation know who the patient is, as far as it was said."""
    consultation.patient = {str(fact): words for fact, words in session.facts.items()}
    patient = patient_of(consultation.patient)
    consultation.chart.child = None if patient.months is None else patient.child
    consultation.chart.male = None if patient.sex is None else patient.sex == "male"
    said = consultation.patient.get("pregnant", "")
    consultation.chart.may_be_pregnant = bool(said) and patient.pregnant is not False and not is_unknown(said)
    consultation.chart.tell(in_words(patient))


def in_words(patient: Patient) -> str:
    """Age and sex as a record begins with them.

    >>> in_words(patient_of({"age": "5岁", "sex": "男"})), in_words(patient_of({}))
    ('患儿，男，5岁', '')
    """
    parts = [{"male": "男", "female": "女"}.get(patient.sex or "", "")]
    if patient.months is not None:
        parts.insert(0, "患儿" if patient.child else "")
        years = patient.months >= 24
        parts.append(f"{int(patient.months // 12)}岁" if years else f"{int(patient.months)}个月")
    return "，".join(filter(None, parts))
