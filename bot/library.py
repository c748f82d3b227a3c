"""The published version on disk becomes a shelf that questions are answered from, and a new version replaces it at rest."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from bot.scope import Names, Scope
from bot.search import Lexicon
from ingest import withdrawn
from ingest.index import Index
from ingest.stored import VersionText, read_text
from ingest.types import FaqError, IndexDamaged, IndexMismatch, IndexMissing, ModelId, Passage
from ingest.versions import Versions
from ingest.withdrawn import Withdrawal

LOOK_SECONDS = 1.0  # between two looks at the pointer
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Shelf:
    """One version with everything that is derived from it once. A question uses one shelf from search to citation."""

    index: Index
    lexicon: Lexicon
    scope: Scope
    withdrawn: tuple[Withdrawal, ...] = ()  # what staff took out of answers without a publish

    def may_quote(self, passage: Passage) -> bool:
        return not any(one.covers(passage.document, passage.path) for one in self.withdrawn)

    def may_show(self, document: str, section: tuple[str, ...]) -> bool:
        """Whether nothing in a whole section is withdrawn."""
        within = ((one, one.section or ()) for one in self.withdrawn if one.document == document)
        return not any(one.covers(document, section) or path[: len(section)] == section for one, path in within)

    @property
    def titles(self) -> Mapping[str, str]:
        return MappingProxyType({slug: document.title for slug, document in self.index.documents.items()})

    @property
    def only(self) -> str | None:
        """The slug when there is just one procedure."""
        return next(iter(self.titles)) if len(self.index.documents) == 1 else None


class Library:
    """Holds the shelf in use. A daemon thread looks at the pointer and switches; a damaged version is never switched to."""

    def __init__(self, versions: Versions, names: Names, embedding: ModelId, reader: ModelId, only: str | None = None) -> None:
        """Opens the current version, or the newest good one before it, or `only` the one that is named.

        A missing index leaves the library empty.
        """
        self._only = only
        self._versions, self._names = versions, names
        self._embedding, self._reader = embedding, reader
        self._text = functools.lru_cache(maxsize=8)(lambda version: read_text(versions.text_path(version)))
        self._shelf: Shelf | None = None
        self._seen: str | None = None
        self._unknown: FaqError | None = None  # the withdrawals cannot be read: better no answer than a withdrawn one
        self.problem: FaqError | None = None  # why the shelf is not the version that the pointer names
        self._stop = threading.Event()
        self.look()
        self._thread = threading.Thread(target=self._watch, name="library", daemon=True)
        self._thread.start()

    def over(self, versions: Versions, only: str | None = None) -> Library:
        """A library of the same models over other versions, or over `only` one of them."""
        return Library(versions, self._names, self._embedding, self._reader, only)

    def shelf(self) -> Shelf:
        """The version in use. Raises IndexMissing, or what is wrong with the only version or with the list of withdrawals."""
        if self._unknown is not None:
            raise self._unknown
        if self._shelf is None:
            raise self.problem or IndexMissing("Nothing is published yet. Run `python -m ingest publish`.")
        return self._shelf

    def text(self, version: str) -> VersionText:
        """The words of any version that answers may still point to, kept whole or not. Raises IndexMissing, IndexDamaged."""
        index = self._shelf.index if self._shelf else None
        if index is not None and index.manifest.id == version:
            return VersionText(index.manifest, index.documents, index.sections, index.passages)
        return self._text(version)

    def look(self) -> None:
        """Looks at the pointer and opens what it names, when that is new, and at what is withdrawn."""
        self._look_at_pointer()
        try:
            gone, self._unknown = withdrawn.read(self._versions.folder), None
        except FaqError as error:
            self._unknown = error
            return
        if self._shelf is not None and self._shelf.withdrawn != gone:
            self._shelf = replace(self._shelf, withdrawn=gone)

    def _look_at_pointer(self) -> None:
        try:
            current = self._only or self._versions.current()
        except IndexDamaged as error:
            current, self.problem = None, error
            if self._shelf is None:
                self._open_newest_good(None)
            return
        if current is None or current == self._seen:
            return
        self._seen = current
        try:
            self._shelf, self.problem = self._open(current), None
        except FaqError as error:
            log.error("version %s is not used: %s", current, error)
            self.problem = error
            if self._shelf is None and self._only is None:
                self._open_newest_good(current)

    def close(self) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    def _open_newest_good(self, before: str | None) -> None:
        for version in self._versions.good_before(before):
            try:
                self._shelf = self._open(version)
            except FaqError as error:
                log.error("version %s is not used: %s", version, error)
            else:
                return

    def _open(self, version: str) -> Shelf:
        manifest = self._versions.manifest(version)
        for what, built, here in (
            ("embedding model", manifest.embedding, self._embedding),
            ("reader", manifest.reader, self._reader),
        ):
            if built.sha256 != here.sha256:
                raise IndexMismatch(
                    f"Version {version} was built with the {what} {built.name}, but {here.name} is configured. "
                    "Run `python -m ingest publish` to rebuild it."
                )
        index = Index(self._versions.path(version), manifest)
        gone = withdrawn.read(self._versions.folder)
        return Shelf(index, Lexicon.of(index), Scope(index.documents, self._names), gone)

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            quietly(self.look)


def quietly(action: Callable[[], None]) -> None:
    """Runs a background step; what fails is logged, the version in use stays."""
    try:
        action()
    except (OSError, FaqError, ValueError) as error:
        log.error("looking for a new version failed: %s", error)
