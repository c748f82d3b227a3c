"""The staff app: login, routes, headers and start-up, put together. `make staff` starts it."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st

from bot.settings import load_settings
from web import trial
from web.desk import close_desk, open_desk
from web.middleware import staff_middleware
from web.office import open_office
from web.staff import on_error
from web.staff_routes import staff_routes

settings = load_settings()
office = open_office(settings)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    open_desk(settings)
    gc.collect()
    gc.freeze()  # as in app.py
    yield
    trial.close()
    close_desk()


app = st.App(
    "web/staff.py",
    lifespan=lifespan,
    routes=staff_routes(),
    middleware=staff_middleware(office.login),
    on_script_error=on_error,
)

if __name__ == "__main__":
    app.run(config={"server.address": settings.host, "server.port": settings.staff_port})
