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
  if (narrow) makeNarrow(figure, layout);
  putTitlesAbove(figure, layout, narrow ? 11 : 13);
  return layout;
}

const axesOf = (layout, letter) => Object.keys(layout).filter((key) => key.startsWith(letter + "axis"));
const namesOf = (figure, axis) => (axis.type === "category" ? figure.data.flatMap((trace) => values(trace.y) ?? []) : axis.ticktext ?? []).map(String);

/* The title of an upright axis stands above it, where it can be read: over its names, or from the plot on. */
function putTitlesAbove(figure, layout, size) {
  const notes = [];
  for (const key of axesOf(layout, "y")) {
    const axis = layout[key], title = axis.title?.text;
    if (!title) continue;
    notes.push({ text: title, showarrow: false, xref: `${axis.anchor ?? "x"} domain`, x: 0, yref: `y${key.slice(5)} domain`, y: 1, yanchor: "bottom", yshift: 2, font: { size }, ...besideNames(title, namesOf(figure, axis), size) });
    axis.title = { text: "" };
  }
  if (!notes.length) return;
  layout.annotations = [...(layout.annotations ?? []), ...notes];
  layout.margin.t += 18;
  layout.height += 18;
}

/* A title as long as the names ends with them; a longer one begins with them. */
function besideNames(title, names, size) {
  if (!names.some((name) => /\p{L}/u.test(name))) return { xanchor: "left" };
  const longest = Math.max(...names.flatMap((name) => name.split("<br>")).map((line) => line.length));
  return title.length <= Math.max(longest, 10) ? { xanchor: "right", xshift: -6 } : { xanchor: "left", xshift: -6 - 0.54 * size * longest };
}

/* Text in lines of about so many letters. */
function inLines(text, most) {
  const lines = [""];
  for (const word of String(text).split(" ")) {
    if (lines.at(-1) && lines.at(-1).length + word.length >= most) lines.push(word);
    else lines[lines.length - 1] += (lines.at(-1) && " ") + word;
  }
  return lines.join("<br>");
}

/* On a phone long names and titles have more lines, ticks are few and upright, and the legend stands below. */
const NAME_ON_A_PHONE = 20, TITLE_ON_A_PHONE = 30, PLOT_ON_A_PHONE = 220;
function makeNarrow(figure, layout) {
  for (const key of axesOf(layout, "y")) {
    const axis = layout[key], told = axis.ticktext ? axis.tickvals : [...new Set(namesOf(figure, axis))];
    if (!told.length) continue;
    Object.assign(axis, { tickmode: "array", tickvals: told, ticktext: (axis.ticktext ?? told).map((name) => inLines(name, NAME_ON_A_PHONE)) });
  }
  for (const key of axesOf(layout, "x")) {
    const axis = layout[key];
    if (axis.title?.text) axis.title = { ...axis.title, text: inLines(axis.title.text, TITLE_ON_A_PHONE) };
    if (axis.type === "category") continue;
    axis.tickangle = 0;
    if (axis.tickvals) spread(axis);
    else if (axis.dtick === undefined) axis.nticks = 5;
  }
  if (figure.data.every((trace) => trace.type !== "heatmap")) layout.margin = { ...layout.margin, l: Math.min(layout.margin.l, 48), r: Math.min(layout.margin.r, 24) };
  const named = figure.data.filter((trace) => trace.name && trace.showlegend !== false && trace.type !== "heatmap");
  if (layout.showlegend === false || named.length < 2) return;
  const room = 24 * Math.ceil(named.length / 2) + 16;
  layout.legend = { ...layout.legend, orientation: "h", x: 0, xanchor: "left", yref: "container", y: 0, yanchor: "bottom" };
  layout.margin.b += room;
  layout.height += room;
}

/* Labels that would run into the one before are left out; their lines stay. */
function spread(axis) {
  const at = values(axis.tickvals).map((value) => (axis.type === "log" ? Math.log10(value) : Number(value)));
  const unit = PLOT_ON_A_PHONE / (Math.max(...at) - Math.min(...at) || 1), told = (axis.ticktext ?? axis.tickvals).map(String);
  let end = -Infinity;
  axis.ticktext = told.map((label, i) => {
    const half = 3.5 * label.length;
    if (unit * at[i] - half < end) return "";
    end = unit * at[i] + half + 4;
    return label;
  });
}

/* A share as the page writes it everywhere: only nothing is 0, and only all is 100. */
function percent(share, digits) {
  for (let places = digits; places < digits + 4; places++) {
    const told = (100 * share).toFixed(places);
    if (share === 0 || share === 1 || ![0, 100].includes(Number(told))) return told;
  }
  return (100 * share).toFixed(digits);
}

/* Shares at bars and in cells, which Plotly's own form would round to 100%; narrow cells go without the sign. */
const SHARE = /^%\{([xyz]):\.(\d)%\}$/;
function writeShares(trace, narrow) {
  const [, letter, digits] = SHARE.exec(trace.texttemplate ?? "") ?? [];
  const cells = trace.type === "heatmap";
  if (cells && narrow) trace.textfont = { size: 9 };
  if (!letter) return;
  const told = (share) => (Number.isFinite(share) ? percent(share, Number(digits)) + (cells && narrow ? "" : "%") : "");
  trace.text = values(trace[letter]).map((own) => (Array.isArray(own) ? own.map(told) : told(own)));
  trace.texttemplate = "%{text}";
}

function draw(chart) {
  const figure = isDark() ? inTheDark(readFigure(chart)) : readFigure(chart);
  const layout = fitted(figure, chart.clientWidth);
  for (const trace of figure.data) writeShares(trace, chart.clientWidth < 560);
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
