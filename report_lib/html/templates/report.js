/* Draws each chart when it comes near the view, follows the system's light or dark, and fills in what differs from
   run to run. plotly.js travels gzipped inside the page and is unpacked by the browser. */
"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const template = read("plotly-template");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const charts = [...document.querySelectorAll(".plotly-graph-div")];

  async function loadPlotly() {
    const packed = document.getElementById("plotly-js");
    const bytes = Uint8Array.from(atob(packed.textContent), (c) => c.charCodeAt(0));
    packed.remove();
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  }

  function colors() {
    const style = getComputedStyle(document.documentElement);
    return { font: style.getPropertyValue("--ink-soft").trim(), hover: style.getPropertyValue("--raised").trim() };
  }

  function fitted(figure, width) {
    const layout = structuredClone(figure.layout);
    const narrow = width < 560;
    layout.template = template;
    layout.font = { ...layout.font, color: colors().font, size: narrow ? 11 : 13 };
    layout.hoverlabel = { bgcolor: colors().hover, font: { color: colors().font } };
    layout.autosize = true;
    const margin = { ...template.layout.margin, ...layout.margin };
    layout.margin = { ...margin, t: Math.max(12, margin.t - 44) };
    const meta = layout.meta || {};
    if (meta.aspect) {
      const side = layout.margin.l + layout.margin.r;
      const inner = Math.min(width - side, (layout.height || 420) / meta.aspect);
      layout.height = Math.round(inner * meta.aspect + layout.margin.t + layout.margin.b);
      if (narrow) turnLabels(layout, meta);
    }
    if (narrow && layout.showlegend !== false && figure.data.length > 1) {
      layout.legend = { ...layout.legend, orientation: "h", y: -0.18, yanchor: "top" };
      layout.height = (layout.height || 420) + 60;
    }
    return layout;
  }

  /* Names above many narrow columns of images would run into one another: stand them on end. */
  function turnLabels(layout, meta) {
    for (const note of layout.annotations || []) {
      note.font = { ...note.font, size: 10 };
      if (meta.columns > 5 && note.xref !== "paper") Object.assign(note, { textangle: -90 });
    }
    if (meta.columns > 5) {
      layout.margin.t += 48;
      layout.height += 48;
    }
  }

  /* Numbers in a heatmap are dark on its light cells; on a dark page all of its cells are dark. */
  function numberColor() {
    return dark.matches ? "#ffffff" : null;
  }

  function draw(chart) {
    const figure = read(chart.id + "-data");
    const layout = fitted(figure, chart.clientWidth);
    for (const trace of figure.data) if (trace.type === "heatmap") trace.textfont = { color: numberColor() };
    chart.style.minHeight = layout.height + "px";
    const config = { displaylogo: false, responsive: true, scrollZoom: false };
    return Plotly.newPlot(chart, figure.data, layout, config);
  }

  function repaint() {
    charts.filter((c) => c.classList.contains("js-plotly-plot")).forEach((chart) => {
      const c = colors();
      const heatmaps = chart.data.flatMap((trace, i) => (trace.type === "heatmap" ? [i] : []));
      if (heatmaps.length) Plotly.restyle(chart, { "textfont.color": numberColor() }, heatmaps);
      Plotly.relayout(chart, { "font.color": c.font, "hoverlabel.bgcolor": c.hover, "hoverlabel.font.color": c.font });
    });
  }

  function follow() {
    const links = new Map([...document.querySelectorAll(".contents a")].map((a) => [a.hash.slice(1), a]));
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting || !links.has(entry.target.id)) continue;
        links.forEach((a) => a.removeAttribute("aria-current"));
        links.get(entry.target.id).setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-10% 0px -80% 0px" });
    document.querySelectorAll("section[id], header[id]").forEach((part) => watcher.observe(part));
  }

  function row(name, value) {
    const tr = document.createElement("tr");
    const th = document.createElement("th");
    th.scope = "row";
    th.textContent = name;
    const td = document.createElement("td");
    td.textContent = value;
    tr.append(th, td);
    return tr;
  }

  function fillProvenance() {
    const facts = read("provenance");
    const body = document.querySelector("#provenance-table tbody");
    body.append(row("started", facts.started), row("whole run", facts.seconds.toFixed(1) + " s"));
    for (const [name, value] of Object.entries(facts.machine)) body.append(row(name, value));
    for (const [phase, sections] of Object.entries(facts.sections)) {
      const seconds = Object.values(sections).reduce((a, b) => a + b, 0);
      body.append(row("time of " + phase, seconds.toFixed(1) + " s"));
    }
  }

  if (innerWidth < 1000) document.querySelector(".contents details").open = false;
  fillProvenance();
  follow();
  loadPlotly().then(() => {
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries.filter((e) => e.isIntersecting)) {
        watcher.unobserve(entry.target);
        draw(entry.target);
      }
    }, { rootMargin: "1500px 0px" });
    charts.forEach((chart) => watcher.observe(chart));
    dark.addEventListener("change", repaint);
    addEventListener("beforeprint", () => charts.filter((c) => !c.classList.contains("js-plotly-plot")).forEach(draw));
  });
})();
