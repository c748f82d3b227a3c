"""A version and a slug become the document as it was published, for its content page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.library import Library
from ingest.types import FaqError, Section


@dataclass(frozen=True, slots=True)
class PublishedDocument:
    """A document of one version, for its content page."""

    slug: str
    title: str
    text: str
    sections: tuple[Section, ...]
    version: str
    published_on: date
    withdrawn: tuple[
        tuple[int, int], ...
    ] = ()  # spans, in order, that staff took out of answers: nobody is shown them here either


def published_document(library: Library, slug: str, version: str | None = None) -> PublishedDocument | None:
    """A published document, of an earlier version when one is named; None when there is no such document.

    None too while the list of what is withdrawn cannot be read: better no page than withdrawn words.
    """
    try:
        shelf = library.shelf()
        found = library.text(version or shelf.index.manifest.id)
    except FaqError:
        return None
    document = found.documents.get(slug)
    if document is None:
        return None
    sections = tuple(section for section in found.sections if section.document == slug)
    gone = tuple((one.start, one.end) for one in found.passages if one.document == slug and not shelf.may_quote(one))
    return PublishedDocument(
        slug, document.title, document.text, sections, found.manifest.id, published_on(found.manifest.id), gone
    )


def published_on(version: str) -> date:
    """The day a version id names, UTC."""
    return date(int(version[:4]), int(version[4:6]), int(version[6:8]))
