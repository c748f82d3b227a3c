"""HTTP requests become replies: the chat's page, the simple page, content pages, `/api/ask`, health, our own files."""

from __future__ import annotations

import mimetypes
import re
import uuid
from typing import Annotated
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.journal import REASONS
from bot.rows import to_row
from bot.types import Question, Turn
from ingest.types import FaqError
from web.desk import LONGEST_QUESTION, Answered, Desk, desk, is_ready
from web.labels import Labels, labels_for
from web.middleware import YEAR
from web.pages import ASSETS, clinic_name, feedback_page, not_found, not_ready, plain_page, procedure_page, procedures_page, shell
from web.view import view

MOST_TURNS = 8  # earlier questions a request may carry; each is answered again
HTTP_STATUS = {"unavailable": 503}
Words = Annotated[str, StringConstraints(max_length=LONGEST_QUESTION)]
Slug = Annotated[str, StringConstraints(pattern=r"^[\w-]{1,200}$")]


class Asked(BaseModel):
    """The body of `POST /api/ask`."""

    model_config = ConfigDict(extra="ignore", strict=True)

    id: str = Field(default="", max_length=200)
    question: Words
    procedure: Slug | None = None
    turns: tuple[Words, ...] = Field(default=(), max_length=MOST_TURNS, strict=False)


def routes() -> list[Route]:
    return [
        Route("/", home),
        Route("/healthz", health),
        Route("/readyz", readiness),
        Route("/api/ask", api_ask, methods=["POST"]),
        Route("/plain", plain, methods=["GET", "POST"]),
        Route("/plain/feedback", feedback, methods=["POST"]),
        Route("/procedures", procedures),
        Route("/procedures/{slug}", procedure),
        Route("/widget.js", widget),
        Route("/assets/{name}", asset_file),
        Route("/favicon.ico", icon),
        Route("/favicon.png", icon),
        Route("/robots.txt", robots),
    ]


async def home(request: Request) -> Response:
    labels = _labels(request)
    if not is_ready():
        return not_ready(labels)
    headers = {"cache-control": "no-cache", "vary": "Accept-Language"}
    contact = desk().faq.wording.contact("es" if labels.language == "es" else "en")
    return Response(shell(clinic_name(desk().faq), contact, labels), media_type="text/html", headers=headers)


async def health(_request: Request) -> Response:
    """The process answers; `published` says what from."""
    version = desk().faq.version if is_ready() else None
    return JSONResponse({"status": "ok" if version else "not ready", "published": version}, 200 if version else 503)


async def readiness(request: Request) -> Response:
    return await health(request)


async def api_ask(request: Request) -> Response:
    try:
        asked = Asked.model_validate_json(await request.body())
    except ClientDisconnect:
        return _refused(413, "The request is too large.")
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        return _refused(422, f"{'.'.join(str(part) for part in first['loc']) or 'body'}: {first['msg']}")
    try:
        answered = await run_in_threadpool(_ask, desk(), asked, _address(request))
    except FaqError as error:
        return _refused(503, str(error))
    row = to_row(answered.reply, asked.id or answered.id, answered.seconds)
    return JSONResponse(row, HTTP_STATUS.get(answered.reply.status, 200))


def _ask(at: Desk, asked: Asked, address: str) -> Answered:
    """Answers the earlier questions again, so that a client needs to keep nothing but their words."""
    turns: tuple[Turn, ...] = ()
    for earlier in asked.turns:
        turns = (*turns, Turn(earlier, at.faq.ask(Question(earlier, asked.procedure, turns))))
    return at.ask(Question(asked.question, asked.procedure, turns), session=uuid.uuid4().hex, address=address)


async def plain(request: Request) -> Response:
    labels = _labels(request)
    if not is_ready():
        return not_ready(labels)
    try:
        question, procedure = await _form(request)
    except ClientDisconnect:
        return _refused(413, "The request is too large.")
    return await run_in_threadpool(_plain, desk(), labels, question, procedure, _address(request))


def _plain(at: Desk, labels: Labels, question: str, slug: str, address: str) -> Response:
    known, closed = slug if slug in dict(at.faq.procedures()) else None, at.closed
    if not question.strip():
        return plain_page(at.faq, labels, procedure=known, longest=LONGEST_QUESTION, closed=closed)
    if len(question) > LONGEST_QUESTION:
        problem = labels.too_long.format(limit=LONGEST_QUESTION)
        return plain_page(at.faq, labels, procedure=known, question=question, problem=problem, longest=LONGEST_QUESTION)
    answered = at.ask(Question(question, known), session=uuid.uuid4().hex, address=address)
    return plain_page(
        at.faq,
        labels,
        procedure=known,
        question=question,
        answer=view(answered.reply, at.faq, labels),
        reply=answered.reply,
        reply_id=answered.id,
        longest=LONGEST_QUESTION,
    )


async def _form(request: Request) -> tuple[str, str]:
    """The question and the procedure of a form or of a link. A form of ours is urlencoded, so no other parser is needed."""
    if request.method == "POST":
        fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=10)
        return fields.get("question", [""])[0], fields.get("procedure", [""])[0]
    return request.query_params.get("q", ""), request.query_params.get("procedure", "")


async def feedback(request: Request) -> Response:
    """A vote by a form of ours: "yes", "no", or the reason for a no. The chat's script wants no page back."""
    labels = _labels(request)
    if not is_ready():
        return not_ready(labels)
    try:
        fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=10)
    except (ClientDisconnect, ValueError):
        return _refused(413, "The request is too large.")
    reply, helpful, why = (fields.get(name, [""])[0] for name in ("reply", "helpful", "why"))
    if not re.fullmatch(r"[0-9a-f]{32}", reply) or why not in REASONS or (helpful not in {"yes", "no"} and not why):
        return _refused(422, "This is not an answer to “Was this helpful?”.")
    yes = helpful == "yes" and not why
    saved = await run_in_threadpool(desk().feedback, reply, helpful=yes, why=why, address=_address(request))
    if request.headers.get("accept") == "application/json":
        return Response(status_code=204 if saved else 429)
    return feedback_page(desk().faq, labels, reply, ask_why=saved and not yes and not why, saved=saved)


async def procedures(request: Request) -> Response:
    return procedures_page(desk().faq, _labels(request)) if is_ready() else not_ready(_labels(request))


async def procedure(request: Request) -> Response:
    """The published text; `?version=` as it was then, `?start=&end=` with those words highlighted."""
    labels, query = _labels(request), request.query_params
    if not is_ready():
        return not_ready(labels)
    document = desk().faq.document(request.path_params["slug"], query.get("version"))
    if document is None:
        return not_found(request.headers.get("accept-language"))
    return procedure_page(desk().faq, labels, document, _span(query.get("start"), query.get("end"), len(document.text)))


def _span(start: str | None, end: str | None, length: int) -> tuple[int, int] | None:
    if start is None or end is None or not re.fullmatch(r"\d{1,9}", start) or not re.fullmatch(r"\d{1,9}", end):
        return None
    span = int(start), int(end)
    return span if 0 <= span[0] < span[1] <= length else None


async def asset_file(request: Request) -> Response:
    """One of our files. The digest in front of its name changes with it."""
    digest, _, rest = request.path_params["name"].partition(".")
    name = rest if re.fullmatch(r"[0-9a-f]{12}", digest) else request.path_params["name"]
    return _file(name, YEAR if name == rest else "public, max-age=3600")


async def widget(_request: Request) -> Response:
    return _file("widget.js", "public, max-age=3600")


async def icon(_request: Request) -> Response:
    return _file("icon.png", "public, max-age=86400")


async def robots(_request: Request) -> Response:
    return PlainTextResponse("User-agent: *\nAllow: /procedures\nDisallow: /\n")


def _file(name: str, caching: str) -> Response:
    path = ASSETS / name
    if not re.fullmatch(r"[\w-]+\.(?:css|js|png)", name) or not path.is_file():
        return not_found(None)
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(path.read_bytes(), media_type=media_type, headers={"cache-control": caching})


def _refused(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status)


def _labels(request: Request) -> Labels:
    return labels_for(request.query_params.get("lang") or request.headers.get("accept-language"))


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
