"""A version's folder becomes the outlines that it was built from, without opening Chroma or loading a model."""

from __future__ import annotations

import json
from pathlib import Path

from ingest.types import Document, IndexDamaged, Outline, Passage, Section


def read_outlines(folder: Path) -> tuple[Outline, ...]:
    """Documents, sections and passages of a version; headings are not kept. Raises IndexDamaged."""
    try:
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
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(f"{folder} cannot be read ({error}). Run `python -m ingest rollback`.") from error
    of_document: dict[str, tuple[list[Section], list[Passage]]] = {one.slug: ([], []) for one in documents}
    for section in sections:
        of_document[section.document][0].append(section)
    for passage in passages:
        of_document[passage.document][1].append(passage)
    return tuple(Outline(one, (), tuple(of_document[one.slug][0]), tuple(of_document[one.slug][1])) for one in documents)
