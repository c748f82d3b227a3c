"""The patients' app: routes, headers and start-up, put together. `make run` starts it; so does `streamlit run app.py`."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st

from bot.settings import load_settings
from web.canaries import last_verdict, watched
from web.chat import on_error
from web.desk import close_desk, engine, is_closed, open_desk, version_in_use
from web.metrics import State, served
from web.middleware import middleware
from web.routes import routes

settings = load_settings()


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    open_desk(settings)
    gc.collect()
    gc.freeze()  # a collection need not look through the models and libraries each time
    with (
        served(lambda: State(version_in_use(), is_closed(), last_verdict()), settings.host, settings.metrics_port),
        watched(engine(), settings),
    ):
        yield
    close_desk()


app = st.App("web/chat.py", lifespan=lifespan, routes=routes(), middleware=middleware(settings), on_script_error=on_error)

if __name__ == "__main__":
    app.run(config={"server.address": settings.host, "server.port": settings.port})
