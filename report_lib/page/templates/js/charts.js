/* A chart is a picture until a reader asks for it: a pointer rests on it, it gets the focus, or it is tapped. Then Plotly
   draws it in the page's colours. On a phone, where a picture's letters are too small, staying in view is asking. plotly.js travels gzipped inside the page and starts with the first chart. */
const palette = read("palette");
const charts = () => [...document.querySelectorAll(".plotly-graph-div")];

/* What charts are drawn from, by their ids. */
let figures;
async function needFigures() {
  figures ??= await unzipped(document.getElementById("charts").textContent).json();
}

let plotly;
function needPlotly() {
  plotly ??= loadPlotly().catch((error) => { plotly = undefined; throw error; });
  return plotly;
}

async function loadPlotly() {
  await needFigures();
  const packed = document.getElementById("plotly-js");
  const blob = await unzipped(packed.textContent).blob();
  const script = document.createElement("script");
  script.src = URL.createObjectURL(new Blob([blob], { type: "text/javascript" }));
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  packed.remove();
  URL.revokeObjectURL(script.src);
}

const readFigure = (chart) => structuredClone(figures[chart.id]);

function inTheDark(figure) {
  const swap = (value) => {
    if (typeof value === "string") return palette.dark[value] || value;
    if (Array.isArray(value)) return value.map(swap);
    return value;
  };
  for (const trace of figure.data) {
    if (trace.type === "heatmap") trace.colorscale = palette.darkScale;
    for (const part of [trace.marker, trace.line, trace.textfont, trace.error_x, trace.error_y]) {
      if (part && part.color) part.color = swap(part.color);
    }
  }
  for (const { line } of figure.layout.shapes || []) line.color = swap(line.color);
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
  // On a touch screen a swipe belongs to the page, whatever is under the finger.
  if (matchMedia("(pointer: coarse)").matches) layout.dragmode = false;
  chart.style.minHeight = layout.height + "px";
  // Plotly would offer to send a chart to its own servers; this page asks nobody for anything.
  const config = { displayModeBar: false, displaylogo: false, responsive: true, scrollZoom: false, showSendToCloud: false, plotlyServerURL: "" };
  return Plotly.react(chart, figure.data, layout, config).then(() => leadToMap(chart, figure));
}

/* A cell of a matrix of classes by clusters leads to its images on the map. */
function leadToMap(chart, figure) {
  const views = figure.data[0].type === "heatmap" ? mapViews() : null;
  const view = ({ x, y }) => views && views.labels.has(plain(y)) && views.clusters.has(plain(x)) && `labels=${views.labels.get(plain(y))}&clusters=${views.clusters.get(plain(x))}`;
  if (!view({ x: figure.data[0].x[0], y: figure.data[0].y[0] })) return;
  chart.setAttribute("title", "Click a cell to see its images on the map");
  chart.removeAllListeners("plotly_click");
  chart.on("plotly_click", ({ points }) => { location.hash = `#explore?${view(points[0])}`; });
}

/* The charts that are alive, the last asked for at the end. */
const MOST_ALIVE = matchMedia("(pointer: coarse)").matches ? 6 : 48;
const alive = [];

async function wake(chart) {
  const at = alive.indexOf(chart);
  if (at >= 0) alive.splice(at, 1);
  alive.push(chart);
  if (at >= 0) return;
  if (alive.length > MOST_ALIVE) rest(alive[0]);
  try {
    await needPlotly();
    if (alive.includes(chart)) await draw(chart);
  } catch {
    if (alive.includes(chart)) toast("The chart could not be drawn; its picture stays");
    rest(chart);
  }
}

/* The picture comes back, and what Plotly held in memory goes. */
function rest(chart) {
  const at = alive.indexOf(chart);
  if (at < 0) return;
  alive.splice(at, 1);
  if (window.Plotly) Plotly.purge(chart);
  chart.replaceChildren();
  chart.classList.remove("js-plotly-plot");
  chart.style.minHeight = "";
}

const RESTS = 150;
function wakeInView() {
  const timers = new Map();
  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      clearTimeout(timers.get(target));
      if (isIntersecting) timers.set(target, setTimeout(() => wake(target), 2 * RESTS));
    }
  }, { threshold: 0.4 });
  for (const chart of charts()) watcher.observe(chart);
}

function startCharts() {
  if (matchMedia("(max-width: 559px)").matches) wakeInView();
  for (const chart of charts()) {
    chart.tabIndex = 0;
    let timer;
    chart.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse") timer = setTimeout(() => wake(chart), RESTS);
    });
    chart.addEventListener("pointerleave", () => clearTimeout(timer));
    chart.addEventListener("focus", () => wake(chart));
    chart.addEventListener("click", () => wake(chart));
    chart.addEventListener("keydown", (event) => { if (event.key === "Escape") rest(chart); });
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-chart]");
    if (!button) return;
    const chart = button.closest("figure").querySelector(".plotly-graph-div");
    rest(chart);
    if (button.dataset.chart === "reset") wake(chart);
  });
  document.addEventListener("report:theme", () => { if (window.Plotly) alive.forEach(draw); });
}
