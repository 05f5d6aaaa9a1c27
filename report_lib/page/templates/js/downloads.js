/* Every figure's data as CSV, and its chart as PNG or SVG. */
const ARRAYS = { i1: Int8Array, u1: Uint8Array, i2: Int16Array, u2: Uint16Array, i4: Int32Array, u4: Uint32Array, f4: Float32Array, f8: Float64Array };

/* Plotly packs arrays of numbers as base64. Numbers in single precision are told with the digits that they have. */
function values(packed) {
  if (!packed || !packed.bdata) return packed;
  let flat = [...new ARRAYS[packed.dtype](bytesOf(packed.bdata).buffer)];
  if (packed.dtype === "f4") flat = flat.map((v) => Number(v.toPrecision(7)));
  if (!packed.shape) return flat;
  const shape = String(packed.shape).split(",").map(Number);
  if (shape.length < 2) return flat;
  return Array.from({ length: shape[0] }, (_, i) => flat.slice(i * shape[1], (i + 1) * shape[1]));
}

function plain(text) {
  const place = new DOMParser().parseFromString(String(text ?? "").replace(/<br\s*\/?>/g, " "), "text/html");
  return place.body.textContent;
}

function pointRows(figure) {
  const keys = ["x", "y", "z", "text"].filter((key) => figure.data.some((trace) => trace[key] !== undefined));
  const errors = ["error_x", "error_y"].filter((key) => figure.data.some((trace) => trace[key] && trace[key].array));
  const shaded = figure.data.some((trace) => trace.marker && Array.isArray(values(trace.marker.color)) && typeof values(trace.marker.color)[0] === "number");
  const head = ["series", ...keys, ...errors.flatMap((key) => [key.slice(-1) + "_low", key.slice(-1) + "_high"]), ...(shaded ? ["shade"] : [])];
  const rows = [head];
  for (const trace of figure.data) {
    const columns = keys.map((key) => values(trace[key]));
    const spans = errors.map((key) => errorEnds(trace, key));
    const shades = shaded && trace.marker ? values(trace.marker.color) : null;
    const n = Math.max(...columns.map((own) => (Array.isArray(own) ? own.length : 0)));
    for (let i = 0; i < n; i++) {
      const own = columns.map((column) => (Array.isArray(column) ? column[i] : column ?? ""));
      const cells = own.map((value) => (typeof value === "string" ? plain(value) : value));
      rows.push([plain(trace.name), ...cells, ...spans.flatMap((span) => span(i)), ...(shaded ? [Array.isArray(shades) ? shades[i] : ""] : [])]);
    }
  }
  return rows;
}

function errorEnds(trace, key) {
  const middle = values(trace[key.slice(-1)]), up = trace[key] && values(trace[key].array);
  if (!up) return () => ["", ""];
  const down = trace[key].arrayminus ? values(trace[key].arrayminus) : up;
  return (i) => [middle[i] - down[i], middle[i] + up[i]];
}

function matrixRows(trace) {
  const columns = values(trace.x), rows = values(trace.y), z = values(trace.z);
  return [["row", "column", "value"], ...rows.flatMap((name, i) => columns.map((column, j) => [plain(name), plain(column), z[i][j]]))];
}

/* Each tile as a row: where it is, what stands over it, and its pixels as they are drawn, 0 to 255. */
async function tileRows(figure) {
  const tiles = figure.layout.meta.tiles;
  const picture = new Image();
  picture.src = figure.data[0].source;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = picture.width;
  canvas.height = picture.height;
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  brush.drawImage(picture, 0, 0);
  const rows = [["row", "column", "title", ...Array.from({ length: tiles.height * tiles.width }, (_, i) => `pixel_${i}`)]];
  tiles.corners.forEach(([x, y], i) => {
    const { data } = brush.getImageData(x, y, tiles.width, tiles.height);
    const drawn = data.some((v, j) => j % 4 === 3 && v);
    if (drawn) rows.push([Math.floor(i / tiles.columns), i % tiles.columns, tiles.titles[i], ...Array.from({ length: data.length / 4 }, (_, j) => data[4 * j])]);
  });
  return rows;
}

async function figureRows(chart) {
  const figure = readFigure(chart);
  if (figure.data[0].type === "image") return tileRows(figure);
  return figure.data[0].type === "heatmap" ? matrixRows(figure.data[0]) : pointRows(figure);
}

async function picture(chart, format) {
  const figure = isDark() ? inTheDark(readFigure(chart)) : readFigure(chart);
  const width = 960;
  const layout = fitted(figure, width);
  Object.assign(layout, { width, height: layout.height + 44, paper_bgcolor: raised() });
  layout.margin.t += 44;
  layout.title = { text: figure.title, x: 0, xanchor: "left", xref: "container", y: 1, yanchor: "top", pad: { t: 14, l: 12 }, font: { size: 16 } };
  return Plotly.toImage({ data: figure.data, layout }, { format, width, height: layout.height, scale: format === "png" ? 2 : 1 });
}

function startDownloads() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-save]");
    if (!button) return;
    const figure = button.closest("figure");
    const chart = figure.querySelector(".plotly-graph-div");
    const kind = button.dataset.save;
    try {
      if (kind === "csv") download(`${figure.id}.csv`, csv(await figureRows(chart)), "text/csv");
      else { await plotly; download(`${figure.id}.${kind}`, await picture(chart, kind)); }
    } catch {
      toast(`The ${kind.toUpperCase()} could not be made`);
    }
  });
}
