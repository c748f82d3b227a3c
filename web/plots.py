"""Figures by day become bars: one day shows as well as a year, and a day without questions stays empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import streamlit as st

TEAL, AMBER, RED, GREY = "#2a8189", "#c98a1b", "#d0454a", "#8a979d"  # each 3:1 or nearly on both papers, light and dark
MANY = (AMBER, TEAL, RED, GREY, "#8a6db8", "#4f8f4a", "#3b6fb5", "#b4699a", "#7a6a4f")  # one for each reason there is
HEIGHT = 280  # pixels, legend included


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of a plot: a value for each of its days."""

    name: str
    values: Sequence[float]
    colour: str


def bars(title: str, days: Sequence[str], series: Sequence[Series], since: date, until: date, top: float | None = None) -> None:
    """Stacked bars from `since` to `until`, both included; `top` is the highest value of the axis, else the data's."""
    st.header(title, anchor=False)
    values = [
        {"day": day, "what": one.name, "value": value, "order": order}
        for order, one in enumerate(series)
        for day, value in zip(days, one.values, strict=True)
    ]
    whole = all(value == int(value) for one in series for value in one.values)  # no half questions on the axis
    span = [f"{since.isoformat()}T00:00:00Z", f"{(until + timedelta(days=1)).isoformat()}T00:00:00Z"]
    colours = {"domain": [one.name for one in series], "range": [one.colour for one in series]}
    st.vega_lite_chart(
        {
            "data": {"values": values},
            "height": HEIGHT,
            "config": {"aria": False},  # the table beside the plots says the same, in words
            "mark": {"type": "bar", "aria": False, "tooltip": True},
            "encoding": {
                "x": {
                    "field": "day", "type": "temporal", "timeUnit": "utcyearmonthdate", "title": None,
                    "scale": {"type": "utc", "domain": span}, "axis": {"format": "%d %b", "tickCount": 5, "labelAngle": 0},
                },
                "y": {"field": "value", "type": "quantitative", "title": None, "axis": {"tickCount": 4, "tickMinStep": 1 if whole else 0},
                      "scale": {"domain": [0, top]} if top else {}},
                "color": {"field": "what", "type": "nominal", "scale": colours, "title": None,
                          "legend": {"orient": "top", "columns": 2, "offset": 8} if len(series) > 1 else None},
                "order": {"field": "order"},
                "tooltip": [{"field": "day", "type": "temporal", "timeUnit": "utcyearmonthdate", "title": "Day", "format": "%d %b %Y"},
                            {"field": "what", "title": "What"}, {"field": "value", "title": "Count"}],
            },
        },
        key=f"plot-{title}",
        alt=f"{title}, by day; the table below has the figures",
    )  # fmt: skip
