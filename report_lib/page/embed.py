"""Templates and styles of a page, and data inside it."""

import functools
import json
from pathlib import Path
from typing import Any

import jinja2

TEMPLATES = Path(__file__).resolve().parent / "templates"


@functools.cache
def template(name: str) -> jinja2.Template:
    """Return a template by its name; what it is given is escaped unless it says otherwise."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    return environment.get_template(f"{name}.html.j2")


def read(*names: str) -> str:
    """Return files of the templates' folder, one after the other."""
    return "\n".join((TEMPLATES / name).read_text(encoding="utf8") for name in names)


def script_json(value: Any) -> str:
    """Write JSON that cannot end the script element that it stands in."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return text.replace("</", "<\\/").replace("<!--", "<\\u0021--")
