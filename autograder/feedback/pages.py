"""The ground of every page: templates compiled once, everything escaped, nothing loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from autograder.feedback import symbols
from autograder.feedback.text import in_reading_order

TEMPLATES = Path(__file__).parent / "templates"
_CODE = re.compile(r"`([^`]+)`")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, auto_reload=False, finalize=_shown,
    )  # fmt: skip
    style, script = _read("style.css"), _read("sort.js")
    environment.globals |= {
        "style": Markup(style), "script": Markup(script), "style_hash": _hash(style), "script_hash": _hash(script),
    }  # fmt: skip
    environment.filters |= {"words": words, "points": points, "symbol": symbols.html}
    return environment


@cache
def template(name: str) -> Template:
    """A page's template, compiled once, with its style and script in place and a policy that allows just these."""
    return _environment().get_template(name)


@cache
def macros(name: str) -> Any:
    """The macros of a template, as functions."""
    return template(name).module


def words(text: str) -> Markup:
    """A sentence with `names` in backticks, which are set as code."""
    safe = str(escape(in_reading_order(text)))
    return Markup(_CODE.sub(r"<code>\1</code>", safe) if "`" in safe else safe)


def _shown(value: Any) -> Any:
    """What a template prints, before it is escaped."""
    return in_reading_order(value) if type(value) is str else value  # Markup is made of such text already


def points(value: float) -> str:
    """Points as they are shown: 1, 0.5, 3.3333."""
    return f"{round(value, 4):g}"


def _read(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """How a Content-Security-Policy names the one style or script that it allows."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
