"""How heavy a finished page is and how fast it opens, in headless Chromium."""

import statistics
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import CHROMIUM, FLAGS

ROUNDS = 5
BUDGET = {"size_mb": 6.0, "asked_chart_ms": 1500, "longest_task_opening_ms": 200, "longest_task_scrolling_ms": 200}
# Notes when the chart that was asked for is there, and every task that keeps the page's thread busy for 50 ms or more.
WATCH = """
window.seen = {tasks: []};
new PerformanceObserver((list) => list.getEntries().forEach((e) => window.seen.tasks.push([e.startTime, e.duration])))
  .observe({type: "longtask", buffered: true});
new MutationObserver((_, watcher) => {
  if (!document.querySelector(".js-plotly-plot .main-svg")) return;
  window.seen.chart = performance.now();
  watcher.disconnect();
}).observe(document, {childList: true, subtree: true});
"""
SCROLL = """async () => {
  const from = performance.now();
  const step = () => new Promise((done) => requestAnimationFrame(done));
  for (let y = 0; y < document.documentElement.scrollHeight; y += 60) {
    scrollTo({top: y, behavior: "instant"});
    await step();
  }
  return from;
}"""


def measure(browser, path: Path) -> dict[str, float]:
    """Open the page as on a first visit, scroll to the end, point at a chart; return times in milliseconds."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(path.resolve().as_uri())
    wait = "() => new Promise(done => setTimeout(done, 1000))"
    page.evaluate(wait)
    start = page.evaluate(SCROLL)
    page.evaluate(wait)
    end = page.evaluate("performance.now()")
    chart = page.locator(".plotly-graph-div:not(.more *)").first
    chart.scroll_into_view_if_needed()
    asked = page.evaluate("performance.now()")
    chart.hover()
    page.evaluate("() => new Promise(done => { const f = () => window.seen.chart ? done() : setTimeout(f, 20); f(); })")
    seen = page.evaluate("window.seen")
    load = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    context.close()

    def longest(since: float, until: float) -> float:
        return max((duration for at, duration in seen["tasks"] if since <= at < until), default=0.0)

    return {
        "first_paint_ms": paint,
        "load_ms": load,
        "longest_task_opening_ms": longest(0, start),
        "longest_task_scrolling_ms": longest(start, end),
        "asked_chart_ms": seen["chart"] - asked,
    }


def opened(path: Path) -> dict[str, list[float]]:
    """Return the figures of each round, by name, and the size of the page."""
    # In a thread of its own: whoever asks may hold another browser in this one.
    with ThreadPoolExecutor(1) as pool:
        rounds = pool.submit(_rounds, path).result()
    return {"size_mb": [path.stat().st_size / 1e6]} | {name: [one[name] for one in rounds] for name in rounds[0]}


def _rounds(path: Path) -> list[dict[str, float]]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        rounds = [measure(browser, path) for _ in range(ROUNDS)]
        browser.close()
    return rounds


def lines(found: dict[str, list[float]]) -> list[str]:
    """Say the median of each figure, its range over the rounds, and the budget where there is one."""
    return [f"  {name}: {_span(values)}" + (f", budget {BUDGET[name]:g}" if name in BUDGET else "")
            for name, values in found.items()]  # fmt: skip


def _span(values: list[float]) -> str:
    middle = f"{statistics.median(values):.4g}"
    return f"{middle} ({min(values):.4g} to {max(values):.4g}, {len(values)} rounds)" if len(values) > 1 else middle
