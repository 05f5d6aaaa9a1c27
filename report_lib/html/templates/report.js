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

  /* On a dark page the darkest colours would vanish, and the palest cell of a heatmap has to be dark. */
  const ON_DARK = { "#882255": "#c2518f", "#117733": "#3aa564", "#5566cc": "#7f8cf0", "#bd1f01": "#e2533a", "#832db6": "#b06be0" };
  const DARK_SCALE = [[0, "#222831"], [1, "#7ea6ff"]];

  function readFigure(chart) {
    let text = document.getElementById(chart.id + "-data").textContent;
    if (dark.matches) for (const [from, to] of Object.entries(ON_DARK)) text = text.replaceAll(from, to);
    const figure = JSON.parse(text);
    if (dark.matches) for (const trace of figure.data) if (trace.type === "heatmap") trace.colorscale = DARK_SCALE;
    return figure;
  }

  function draw(chart) {
    const figure = readFigure(chart);
    const layout = fitted(figure, chart.clientWidth);
    if (chart.clientWidth < 560) {
      for (const trace of figure.data) if (trace.type === "heatmap") trace.textfont = { size: 9 };
    }
    chart.style.minHeight = layout.height + "px";
    const config = { displaylogo: false, responsive: true, scrollZoom: false };
    return Plotly.react(chart, figure.data, layout, config);
  }

  function repaint() {
    charts.filter((c) => c.classList.contains("js-plotly-plot")).forEach(draw);
  }

  function follow() {
    const links = new Map([...document.querySelectorAll(".contents a")].map((a) => [a.hash.slice(1), a]));
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting || !links.has(entry.target.id)) continue;
        links.forEach((a) => a.removeAttribute("aria-current"));
        const link = links.get(entry.target.id);
        link.setAttribute("aria-current", "true");
        const nav = link.closest(".contents");
        nav.scrollTop = link.offsetTop - nav.clientHeight / 2;
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
      body.append(row(phase + ", time", seconds.toFixed(1) + " s"));
    }
  }

  // Times differ from run to run, so the page holds them in one place, and tables of them are made here.
  function fillTimes() {
    const times = read("provenance").times;
    document.querySelectorAll("[data-times]").forEach((place) => {
      const rows = times[place.dataset.times] || [];
      if (!rows.length) return;
      const columns = ["fit", "encode", "predict"].filter((key) => key in rows[0]);
      const table = document.createElement("table");
      table.className = "table";
      const head = table.createTHead().insertRow();
      head.insertCell();
      for (const column of columns) {
        const th = document.createElement("th");
        th.scope = "col";
        th.textContent = column + " (s)";
        head.append(th);
      }
      const body = table.createTBody();
      for (const times of rows) {
        const tr = row(times.name, times[columns[0]].toFixed(1));
        for (const column of columns.slice(1)) tr.insertCell().textContent = times[column].toFixed(1);
        body.append(tr);
      }
      place.replaceChildren(place.firstElementChild, table);
      place.classList.add("scroll");
      place.tabIndex = 0;
      place.setAttribute("role", "region");
      place.setAttribute("aria-label", "Table of times: " + place.dataset.times);
    });
  }

  if (innerWidth < 1000) document.querySelector(".contents details").open = false;
  fillProvenance();
  fillTimes();
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
