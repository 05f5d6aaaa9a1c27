"""Data inside the page."""

import json
from typing import Any


def script_json(value: Any) -> str:
    """Write JSON that cannot end the script element that it stands in."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return text.replace("</", "<\\/").replace("<!--", "<\\u0021--")
