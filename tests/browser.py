"""What tests in a real browser share."""

import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--use-angle=swiftshader",
         "--enable-unsafe-swiftshader"]  # fmt: skip
DRAWN = "[...document.querySelectorAll('.plotly-graph-div')].filter(c => c.querySelector('.main-svg, canvas')).length"
needs_browser = pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine; Debian's package is chromium")


def until(page, condition):
    """Wait until an expression is true; Playwright's own wait uses `eval`, which the page forbids."""
    page.evaluate(
        f"""() => new Promise((done, fail) => {{
            const look = () => {{ try {{ ({condition}) ? done() : setTimeout(look, 20); }} catch (error) {{ fail(error); }} }};
            look();
        }})"""
    )


def texts(page, selector):
    """Return the text of all elements, whitespace made single."""
    return [
        " ".join(text.split()) for text in page.eval_on_selector_all(selector, "all => all.map(e => e.textContent)")
    ]


def focused(page, what):
    """Return what an expression says of `e`, the element that has the focus."""
    return page.evaluate(f"(() => {{ const e = document.activeElement; return {what}; }})()")
