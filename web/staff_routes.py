"""The staff app's own routes: Streamlit's page made ours at each screen's address, and our files."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from web.desk import desk, is_ready
from web.labels import ENGLISH
from web.pages import OUR_CLINIC, clinic_name, shell
from web.routes import asset_file, icon

SCREENS = ("/", "/draft", "/history", "/review", "/gaps", "/figures", "/answers", "/closing")


def staff_routes() -> list[Route]:
    own = [Route("/assets/{name}", asset_file), Route("/favicon.ico", icon), Route("/favicon.png", icon)]
    return [*(Route(path, screen) for path in SCREENS), *own]


async def screen(_request: Request) -> Response:
    name = clinic_name(desk().faq) if is_ready() else OUR_CLINIC
    return Response(shell(name, None, ENGLISH, "staff"), media_type="text/html", headers={"cache-control": "no-cache"})
