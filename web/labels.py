"""The words on buttons and headings, in English and Spanish. What answers say is in `data/safety/messages.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

_MONTHS = {
    "en": ("January February March April May June July August September October November December").split(),
    "es": ("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre").split(),
}


@dataclass(frozen=True, slots=True)
class Labels:
    """One language. Plain words: grade 6, at most 15 words a sentence."""

    language: str
    page: str  # title of the browser's tab; {clinic}
    knows: str  # one sentence on what this chat knows; {clinic}
    safety: str  # always on the screen
    ask: str
    send: str
    suggestions: str
    asked: str
    answer: str
    answer_many: str
    urgent: str
    sources: str  # {count}
    sources_said: str  # for screen readers, after the words
    source_of: str  # {title}, {date}
    read_page: str
    choices: str
    pick: str  # above the procedures that a question may be about
    related: str
    about: str  # {title}
    about_any: str
    any_procedure: str
    change: str
    procedure: str
    start_over: str
    print: str
    print_large: str
    plain: str
    full: str
    no_script: str
    lost: str
    question: str
    fault: str
    not_ready: str
    not_ready_how: str
    not_found: str
    back: str
    too_long: str  # {limit}
    not_current: str  # {date}
    helpful: str
    yes: str
    yes_said: str  # the button's name for screen readers, which may read it alone
    no: str
    no_said: str
    why: str
    reasons: tuple[tuple[str, str], ...]  # code of bot.journal.REASONS, words on the button
    thanks: str
    not_saved: str
    care: str
    care_how: str
    care_plain: str  # on the simple page, which can copy nothing
    care_copy: str
    care_print: str
    copied: str
    copy_failed: str
    hours: str  # {hours}
    my_question: str  # above a copied question
    their_answer: str
    source: str
    close: str


ENGLISH = Labels(
    language="en",
    page="Questions about your procedure · {clinic}",
    knows="Ask about your procedure. You get the exact words from our own pages, and where they stand.",
    safety="Not for emergencies: call 911. Please don't type your name, birth date or record number. "
    "This chat disappears when you close it.",
    ask="Type your question",
    send="Ask",
    suggestions="Questions you can ask",
    asked="You asked",
    answer="From our page",
    answer_many="From our pages",
    urgent="Please read this first",
    sources="Sources ({count})",
    sources_said="You can open where it says that.",
    source_of="{title}, published {date}",
    read_page="See it on the page",
    choices="You can ask",
    pick="Choose one",
    related="You can also ask",
    about="About: {title}",
    about_any="About: all our procedures",
    any_procedure="All our procedures",
    change="Change",
    procedure="Which procedure is it about?",
    start_over="Start over",
    print="Print",
    print_large="Large print",
    plain="Simple page",
    full="Full chat",
    no_script="This chat needs JavaScript. You can use our simple page instead.",
    lost="The line was lost. We are trying again.",
    question="Your question",
    fault="Something went wrong here. Please reload the page, or call the clinic.",
    not_ready="This chat is not ready yet",
    not_ready_how="Nothing is published yet. Staff: run “make run”, or “python -m ingest publish”. "
    "This page tries again by itself.",
    not_found="We have no such page",
    back="Back to the chat",
    too_long="Please use fewer words. Up to {limit} letters fit.",
    not_current="This is how the page read on {date}. It has changed since.",
    helpful="Was this helpful?",
    yes="Yes",
    yes_said="Yes, it helped",
    no="No",
    no_said="No, it did not help",
    why="What went wrong?",
    reasons=(
        ("not_asked", "Not what I asked"),
        ("hard", "Hard to understand"),
        ("wrong", "It is wrong"),
        ("other", "Something else"),
    ),
    thanks="Thank you. This helps us do better.",
    not_saved="We could not save that. Please try again.",
    care="Ask the care team",
    care_how="Take your question and this answer to your care team.",
    care_plain="You can print this page and take it with you.",
    care_copy="Copy both",
    care_print="Print both",
    copied="Copied. Now you can paste it.",
    copy_failed="Copying did not work. Please print it.",
    hours="Hours: {hours}",
    my_question="My question",
    their_answer="What the chat showed",
    source="Source",
    close="Close",
)

# Translated by us and not reviewed by a qualified translator. The clinic's own words are never translated.
SPANISH = Labels(
    language="es",
    page="Preguntas sobre su procedimiento · {clinic}",
    knows="Pregunte sobre su procedimiento. Verá las palabras exactas de nuestras páginas y dónde están.",
    safety="No es para emergencias: llame al 911. No escriba su nombre, fecha de nacimiento ni número de expediente. "
    "Este chat se borra cuando lo cierra.",
    ask="Escriba su pregunta",
    send="Preguntar",
    suggestions="Puede preguntar",
    asked="Usted preguntó",
    answer="De nuestra página",
    answer_many="De nuestras páginas",
    urgent="Lea esto primero",
    sources="Fuentes ({count})",
    sources_said="Puede abrir dónde lo dice.",
    source_of="{title}, publicado el {date}",
    read_page="Verlo en la página",
    choices="Puede preguntar",
    pick="Elija uno",
    related="También puede preguntar",
    about="Sobre: {title}",
    about_any="Sobre: todos nuestros procedimientos",
    any_procedure="Todos nuestros procedimientos",
    change="Cambiar",
    procedure="¿Sobre qué procedimiento?",
    start_over="Empezar de nuevo",
    print="Imprimir",
    print_large="Letra grande",
    plain="Página sencilla",
    full="Chat completo",
    no_script="Este chat necesita JavaScript. Puede usar nuestra página sencilla.",
    lost="Se perdió la conexión. Estamos intentando de nuevo.",
    question="Su pregunta",
    fault="Algo falló aquí. Vuelva a cargar la página o llame a la clínica.",
    not_ready="Este chat todavía no está listo",
    not_ready_how="Todavía no hay nada publicado. Personal: use “make run” o “python -m ingest publish”. "
    "Esta página lo intenta de nuevo sola.",
    not_found="No tenemos esa página",
    back="Volver al chat",
    too_long="Use menos palabras. Caben {limit} letras.",
    not_current="Así decía la página el {date}. Ha cambiado desde entonces.",
    helpful="¿Le ayudó esto?",
    yes="Sí",
    yes_said="Sí, me ayudó",
    no="No",
    no_said="No, no me ayudó",
    why="¿Qué falló?",
    reasons=(
        ("not_asked", "No es lo que pregunté"),
        ("hard", "Difícil de entender"),
        ("wrong", "Está mal"),
        ("other", "Otra cosa"),
    ),
    thanks="Gracias. Esto nos ayuda a mejorar.",
    not_saved="No se pudo guardar. Inténtelo de nuevo.",
    care="Preguntar al equipo de atención",
    care_how="Lleve su pregunta y esta respuesta a su equipo de atención.",
    care_plain="Puede imprimir esta página y llevarla.",
    care_copy="Copiar las dos",
    care_print="Imprimir las dos",
    copied="Copiado. Ya puede pegarlo.",
    copy_failed="No se pudo copiar. Puede imprimirlo.",
    hours="Horario: {hours}",
    my_question="Mi pregunta",
    their_answer="Lo que mostró el chat",
    source="Fuente",
    close="Cerrar",
)


def labels_for(accept_language: str | None) -> Labels:
    """English, unless the browser's first language is Spanish. Takes an Accept-Language value or a language tag."""
    first = (accept_language or "").split(",")[0].strip().lower()
    return SPANISH if first == "es" or first.startswith(("es-", "es;")) else ENGLISH


def day(when: date, labels: Labels) -> str:
    """November 22, 2026; 22 de noviembre de 2026."""
    month = _MONTHS[labels.language][when.month - 1]
    return f"{when.day} de {month} de {when.year}" if labels.language == "es" else f"{month} {when.day}, {when.year}"
