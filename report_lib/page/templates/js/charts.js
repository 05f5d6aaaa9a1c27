/* Draws each chart when it comes near the view, in the page's colours. plotly.js travels gzipped inside the page. */
const palette = read("palette");
const charts = () => [...document.querySelectorAll(".plotly-graph-div")];
const isDrawn = (chart) => chart.classList.contains("js-plotly-plot");

async function loadPlotly() {
  const packed = document.getElementById("plotly-js");
  const blob = await unzipped(packed.textContent).blob();
  packed.remove();
  const script = document.createElement("script");
  script.src = URL.createObjectURL(new Blob([blob], { type: "text/javascript" }));
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  URL.revokeObjectURL(script.src);
}

const readFigure = (chart) => read(chart.id + "-data");

/* On a dark page the darkest colours would vanish, and the palest cell of a heatmap has to be dark. */
const DARK_SCALE = [[0, "#222831"], [1, "#7ea6ff"]];

function inTheDark(figure) {
  const swap = (value) => {
    if (typeof value === "string") return palette.dark[value] || value;
    if (Array.isArray(value)) return value.map(swap);
    return value;
  };
  for (const trace of figure.data) {
    if (trace.type === "heatmap") trace.colorscale = DARK_SCALE;
    for (const part of [trace.marker, trace.line, trace.textfont, trace.error_x, trace.error_y]) {
      if (part && part.color) part.color = swap(part.color);
    }
  }
  return figure;
}

/* The colour that charts stand on. */
function raised() {
  return isDark() ? palette.raised.dark : palette.raised.light;
}

function fitted(figure, width) {
  const layout = structuredClone(figure.layout);
  const narrow = width < 560;
  const ink = isDark() ? palette.ink.dark : palette.ink.light;
  layout.template = palette.template;
  layout.font = { ...layout.font, color: ink, size: narrow ? 11 : 13 };
  layout.hoverlabel = { bgcolor: raised(), bordercolor: ink, font: { color: ink } };
  layout.autosize = true;
  // What the reader has zoomed, hidden or turned stays as it is when the chart is drawn again.
  layout.uirevision = true;
  if (narrow && layout.showlegend !== false && figure.data.length > 1) {
    layout.legend = { ...layout.legend, orientation: "h", y: -0.18, yanchor: "top" };
    layout.height += 60;
  }
  return layout;
}

function draw(chart) {
  const figure = isDark() ? inTheDark(readFigure(chart)) : readFigure(chart);
  const layout = fitted(figure, chart.clientWidth);
  if (chart.clientWidth < 560) {
    for (const trace of figure.data) if (trace.type === "heatmap") trace.textfont = { size: 9 };
  }
  chart.style.minHeight = layout.height + "px";
  // Plotly would offer to send a chart to its own servers; this page asks nobody for anything.
  const config = {
    displaylogo: false, responsive: true, scrollZoom: false, showSendToCloud: false, plotlyServerURL: "",
    modeBarButtonsToRemove: ["toImage"],
  };
  return Plotly.react(chart, figure.data, layout, config);
}

/* Charts are drawn one at a time, the nearest first, while the page is at rest: the still is there until then, and
   nobody who scrolls is held up. */
const REST = 150;
const waiting = new Set();
let drawing = false;
let scrolledAt = -REST;

function drawNext() {
  const rest = scrolledAt + REST - performance.now();
  if (rest > 0) {
    drawing = true;
    setTimeout(drawNext, rest);
    return;
  }
  const middle = innerHeight / 2;
  const away = (chart) => {
    const box = chart.getBoundingClientRect();
    return Math.abs((box.top + box.bottom) / 2 - middle);
  };
  const next = [...waiting].sort((a, b) => away(a) - away(b))[0];
  drawing = Boolean(next);
  if (!next) return;
  waiting.delete(next);
  // First, so that a chart that fails does not keep the others from being drawn.
  setTimeout(drawNext);
  draw(next);
}

function startCharts() {
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((e) => e.isIntersecting)) {
      watcher.unobserve(entry.target);
      const chart = entry.target.lastElementChild;
      if (!isDrawn(chart)) waiting.add(chart);
    }
    if (!drawing) drawNext();
  }, { rootMargin: "1200px 0px" });
  for (const chart of charts()) watcher.observe(chart.parentElement);
  addEventListener("scroll", () => { scrolledAt = performance.now(); }, { passive: true });
  // The first one at once, wherever the reader is: it warms up what all others need.
  waiting.add(charts()[0]);
  drawNext();
  document.addEventListener("report:theme", () => {
    for (const chart of charts().filter(isDrawn)) waiting.add(chart);
    if (!drawing) drawNext();
  });
}
