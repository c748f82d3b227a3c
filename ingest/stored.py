"""A version's folder becomes the words that it was built from, without opening Chroma or loading a model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ingest.types import Document, IndexDamaged, Manifest, Outline, Passage, Section

TEXT = ("manifest.json", "outline.json", "documents")  # what a version is read from here; the rest of it is for searching


@dataclass(frozen=True, slots=True)
class VersionText:
    """The words of a version and where its sections and passages stand: what links of old answers open."""

    manifest: Manifest
    documents: Mapping[str, Document]
    sections: tuple[Section, ...]
    passages: tuple[Passage, ...]


def read_text(folder: Path) -> VersionText:
    """The words of a version, or of what is kept of an old one. Raises IndexDamaged unless they are as they were published."""
    try:
        manifest = Manifest.from_json(json.loads((folder / "manifest.json").read_bytes()))
        published = {path: sha256 for path, sha256 in manifest.files.items() if path.split("/")[0] in TEXT}
        for path, sha256 in published.items():
            if hashlib.sha256((folder / path).read_bytes()).hexdigest() != sha256:
                raise IndexDamaged(f"{folder / path} was altered after it was published. Restore it from a backup.")
        documents, sections, passages = _read(folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(f"{folder} cannot be read ({error}). Restore it from a backup.") from error
    return VersionText(manifest, MappingProxyType({one.slug: one for one in documents}), tuple(sections), tuple(passages))


def read_outlines(folder: Path) -> tuple[Outline, ...]:
    """Documents, sections and passages of a version; headings are not kept. Raises IndexDamaged."""
    try:
        documents, sections, passages = _read(folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(f"{folder} cannot be read ({error}). Run `python -m ingest rollback`.") from error
    of_document: dict[str, tuple[list[Section], list[Passage]]] = {one.slug: ([], []) for one in documents}
    for section in sections:
        of_document[section.document][0].append(section)
    for passage in passages:
        of_document[passage.document][1].append(passage)
    return tuple(Outline(one, (), tuple(of_document[one.slug][0]), tuple(of_document[one.slug][1])) for one in documents)


def _read(folder: Path) -> tuple[list[Document], list[Section], list[Passage]]:
    raw = json.loads((folder / "outline.json").read_bytes())
    documents = [
        Document(text=(folder / "documents" / f"{one['slug']}.txt").read_bytes().decode(), **one) for one in raw["documents"]
    ]
    texts = {one.slug: one.text for one in documents}
    sections = [Section(**{**one, "path": tuple(one["path"])}) for one in raw["sections"]]
    passages = [
        Passage(**{**one, "path": tuple(one["path"]), "text": texts[one["document"]][one["start"] : one["end"]]})
        for one in raw["passages"]
    ]
    return documents, sections, passages
