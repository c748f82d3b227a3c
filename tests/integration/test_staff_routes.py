"""Nothing of the staff app answers without a login: no page, no file, no websocket."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit.runtime import Runtime

from tests.conftest import ROOT, Clock
from web.login import SESSION_SECONDS, Login
from web.middleware import LARGEST_BODY, staff_middleware
from web.roles import Role
from web.staff_routes import SCREENS, staff_routes
from web.users import Users

PASSWORD = "four words by heart"
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]
NOT_FOR_STAFF = [
    "/_stcore/metrics",
    "/_stcore/agent/mcp",
    "/component/x/index.html",
    "/oauth2callback",
    "/auth/login",
    "/nowhere",
]


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Users:
    users = Users(tmp_path_factory.mktemp("staff") / "users.json")
    users.add("ann", Role.EDITOR, PASSWORD)
    return users


@pytest.fixture
def app(login: Login) -> Iterator[Starlette]:
    """The staff app as staff_app.py puts it together, with every route of Streamlit."""
    before = Runtime._instance
    Runtime._instance = None
    yield st.App(str(ROOT / "web" / "staff.py"), routes=staff_routes(), middleware=staff_middleware(login))._build_starlette_app()
    Runtime._instance = before


async def anything(scope: Scope, receive: Receive, send: Send) -> None:
    """An app behind the wall that answers everything and repeats what a websocket says."""
    if scope["type"] == "http":
        await PlainTextResponse("inside")(scope, receive, send)
        return
    socket = WebSocket(scope, receive, send)
    await socket.accept()
    async for words in socket.iter_text():
        await socket.send_text(words)


@pytest.fixture
def inside(login: Login) -> TestClient:
    return TestClient(Starlette(routes=[Mount("/", anything)], middleware=staff_middleware(login)))


def basic(password: str = PASSWORD) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"ann:{password}".encode()).decode()}


def addresses(routes: list[BaseRoute]) -> set[str]:
    paths = {route.path for route in routes if isinstance(route, Route | WebSocketRoute | Mount)}
    return {re.sub(r"\{[^}]*\}", "x", path) or "/" for path in paths}


def test_no_path_answers_without_a_login(app: Starlette) -> None:
    known = addresses(app.routes)
    assert {"/", "/draft", "/_stcore/stream", "/_stcore/health", "/_stcore/host-config"} <= known
    assert any(path.startswith("/_stcore/upload_file/") for path in known)
    client = TestClient(app)
    for path in sorted(
        known | set(SCREENS) | set(NOT_FOR_STAFF) | {"/static/js/index.js", "/media/x.html", "/sign-out", "//", "/%2e%2e/x"}
    ):
        for method in METHODS:
            answer = client.request(method, path)
            assert answer.status_code == 401, (method, path)
            assert "www-authenticate" in answer.headers
            assert "stream" not in answer.text.lower()
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(path):
            pytest.fail(f"a websocket was opened at {path}")


@pytest.mark.parametrize(
    "headers",
    [basic("wrong password"), {"authorization": "Bearer x"}, {"x-forwarded-user": "ann"}, {"cookie": "_streamlit_user=x"}],
)
def test_no_websocket_opens_with_anything_but_the_right_password(inside: TestClient, headers: dict[str, str]) -> None:
    with pytest.raises(WebSocketDisconnect), inside.websocket_connect("/_stcore/stream", headers=headers):
        pytest.fail("a websocket was opened")


def test_two_authorization_headers_sign_nobody_in(inside: TestClient) -> None:
    header = basic()["authorization"]
    assert inside.get("/", headers=[("authorization", header), ("authorization", header)]).status_code == 401


def test_with_a_login_the_screens_are_served_in_nobodys_frame(app: Starlette) -> None:
    client = TestClient(app)
    for path in SCREENS:
        answer = client.get(path, headers=basic())
        assert answer.status_code == 200
        assert "<title>Staff" in answer.text
        assert answer.headers["content-security-policy"].endswith("frame-ancestors 'none'")


def test_refusals_carry_the_headers_too(app: Starlette) -> None:
    headers = TestClient(app).get("/").headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", NOT_FOR_STAFF)
def test_what_staff_do_not_need_is_not_there_for_them_either(app: Starlette, path: str) -> None:
    assert TestClient(app).get(path, headers=basic()).status_code == 404


def test_a_websocket_with_a_login_is_open_until_the_session_ends(inside: TestClient, clock: Clock) -> None:
    with inside.websocket_connect("/_stcore/stream", headers=basic()) as socket:
        socket.send_text("first")
        assert socket.receive_text() == "first"
        clock.now += SESSION_SECONDS + 1
        socket.send_text("second")
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()


def test_a_websocket_is_cut_when_its_user_is_removed(inside: TestClient, users: Users) -> None:
    with inside.websocket_connect("/_stcore/stream", headers=basic()) as socket:
        socket.send_text("first")
        assert socket.receive_text() == "first"
        users.remove("ann")
        try:
            socket.send_text("second")
            with pytest.raises(WebSocketDisconnect):
                socket.receive_text()
        finally:
            users.add("ann", Role.EDITOR, PASSWORD)


@pytest.mark.parametrize("origin", ["https://evil.example", "http://testserver:81", "null", "http://testserver.evil.example"])
def test_another_sites_page_cannot_use_the_browsers_password(inside: TestClient, origin: str) -> None:
    headers = {**basic(), "origin": origin}
    assert inside.get("/", headers=basic()).status_code == 200
    with pytest.raises(WebSocketDisconnect), inside.websocket_connect("/_stcore/stream", headers=headers):
        pytest.fail("a websocket was opened")
    assert inside.put("/_stcore/upload_file/a/b", headers=headers).status_code == 403


def test_a_websocket_of_our_own_page_opens(inside: TestClient) -> None:
    with inside.websocket_connect("/_stcore/stream", headers={**basic(), "origin": "http://testserver"}) as socket:
        socket.send_text("x")
        assert socket.receive_text() == "x"


def test_an_upload_may_be_larger_than_a_request(inside: TestClient) -> None:
    body = b"x" * (LARGEST_BODY + 1)
    assert inside.put("/_stcore/upload_file/a/b", headers=basic(), content=body).status_code == 200
    assert inside.post("/", headers=basic(), content=body).status_code == 413


def test_whoever_signs_out_is_asked_again(inside: TestClient, clock: Clock) -> None:
    assert inside.get("/", headers=basic()).text == "inside"
    assert inside.get("/sign-out", headers=basic()).status_code == 401
    assert inside.get("/", headers=basic()).status_code == 401
    clock.now += 5
    assert inside.get("/", headers=basic()).status_code == 200


def test_too_many_wrong_passwords_are_told_how_long_to_wait(inside: TestClient) -> None:
    for number in range(10):
        assert inside.get("/", headers=basic(f"wrong {number}")).status_code == 401
    answer = inside.get("/", headers=basic())
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 300


def test_without_users_the_page_names_the_command_that_makes_one(tmp_path: Path) -> None:
    login = Login(Users(tmp_path / "none.json"))
    client = TestClient(Starlette(routes=[Mount("/", anything)], middleware=staff_middleware(login)))
    for path in ("/", "/_stcore/health", "/nowhere"):
        answer = client.get(path, headers=basic())
        assert answer.status_code == 503
        assert "python -m web users add NAME" in answer.text
        assert "inside" not in answer.text
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream", headers=basic()):
        pytest.fail("a websocket was opened")
