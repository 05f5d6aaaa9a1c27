/* Every chart's data as CSV, and its picture as PNG or SVG; a sheet of pictures as PNG. */
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

function figureRows(chart) {
  const figure = readFigure(chart);
  return figure.data[0].type === "heatmap" ? matrixRows(figure.data[0]) : pointRows(figure);
}

async function picture(chart, format) {
  const figure = isDark() ? inTheDark(readFigure(chart)) : readFigure(chart);
  const width = 960;
  for (const trace of figure.data) writeShares(trace, false);
  const layout = fitted(figure, width);
  Object.assign(layout, { width, height: layout.height + palette.titleHeight, paper_bgcolor: raised() });
  layout.margin.t += palette.titleHeight;
  layout.title = { text: figure.title, x: 0, xanchor: "left", xref: "container", y: 1, yanchor: "top", pad: { t: 14, l: 12 }, font: { size: 16 } };
  return Plotly.toImage({ data: figure.data, layout }, { format, width, height: layout.height, scale: format === "png" ? 2 : 1 });
}

/* The one image that all tiles of a sheet are cut from, as soon as it can be drawn. */
const sources = new Map();
function sourceOf(sheet) {
  if (!sources.has(sheet)) {
    const image = new Image();
    image.src = sheet.style.getPropertyValue("--sheet").replace(/^url\(["']?|["']?\)$/g, "");
    sources.set(sheet, image);
  }
  return sources.get(sheet);
}

/* Where a tile is in that image: its left, its top, its width and its height. */
function cutOf(tile, image) {
  const own = getComputedStyle(tile), number = (name) => parseFloat(own.getPropertyValue(name));
  const wide = Math.round(100 * image.naturalWidth / number("--size")), high = Math.round(wide / number("--ratio"));
  const left = number("--c") * number("--x") * Math.max(image.naturalWidth - wide, 1) / 100;
  const top = (number("--top") + number("--r") * number("--y")) * Math.max(image.naturalHeight - high, 1) / 100;
  return [Math.round(left), Math.round(top), wide, high];
}

/* A sheet of pictures with its title and its names, each about its middle and as it is turned, twice as large as seen. */
async function sheetPicture(figure) {
  const sheet = figure.querySelector(".sheet"), title = figure.querySelector(".figure-title span:not(.number)");
  const frame = sheet.getBoundingClientRect(), canvas = document.createElement("canvas"), brush = canvas.getContext("2d");
  const image = sourceOf(sheet);
  await image.decode();
  [canvas.width, canvas.height] = [2 * frame.width, 2 * (frame.height + palette.titleHeight)];
  brush.scale(2, 2);
  brush.fillStyle = raised();
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.imageSmoothingEnabled = false;
  writeOn(brush, title, 0, palette.titleHeight / 2, "left", frame.width);
  brush.translate(-frame.x, palette.titleHeight - frame.y);
  for (const cell of sheet.querySelectorAll(".cell[style]")) {
    const at = cell.getBoundingClientRect();
    brush.fillStyle = getComputedStyle(cell).backgroundColor;
    brush.fillRect(at.x, at.y, at.width, at.height);
  }
  for (const tile of sheet.querySelectorAll("i")) {
    const at = tile.getBoundingClientRect();
    brush.drawImage(image, ...cutOf(tile, image), at.x, at.y, at.width, at.height);
  }
  for (const name of sheet.querySelectorAll("span:not(:has(*))")) {
    const at = name.getBoundingClientRect(), lines = Math.max(1, Math.round(at.height / parseFloat(getComputedStyle(name).lineHeight)));
    const onEnd = getComputedStyle(name).writingMode !== "horizontal-tb";
    writeOn(brush, name, at.x + at.width / 2, at.y + at.height / 2, "center", onEnd ? at.height : lines > 1 ? at.width : frame.width, onEnd);
  }
  return canvas.toDataURL();
}

/* A notebook is gzipped in the page; without this script it is saved as it is there. */
async function saveNotebook(link) {
  const packed = link.getAttribute("href").split(",")[1];
  download(link.download.replace(/\.gz$/, ""), await unzipped(packed).text(), "application/x-ipynb+json");
}

function writeOn(brush, element, x, y, align, most, onEnd = false) {
  const look = getComputedStyle(element);
  brush.save();
  brush.translate(x, y);
  if (onEnd) brush.rotate(-Math.PI / 2);
  Object.assign(brush, { fillStyle: look.color, font: `${look.fontWeight} ${look.fontSize} ${look.fontFamily}`, textAlign: align, textBaseline: "middle" });
  brush.fillText(element.textContent, 0, 0, most);
  brush.restore();
}

/* Printers smooth what is enlarged, so on paper each tile is drawn as large as it stands there, pixel by pixel. */
const PAPER = 8;
function drawTiles() {
  for (const [sheet, image] of sources) {
    if (!image.complete) continue;
    for (const tile of sheet.querySelectorAll("i:empty")) {
      const cut = cutOf(tile, image), canvas = document.createElement("canvas");
      const scale = Math.max(1, Math.round(PAPER * 28 / cut[3]));
      [canvas.width, canvas.height] = [scale * cut[2], scale * cut[3]];
      const brush = canvas.getContext("2d");
      brush.imageSmoothingEnabled = false;
      brush.drawImage(image, ...cut, 0, 0, canvas.width, canvas.height);
      tile.append(canvas);
    }
  }
}

function startPaper() {
  for (const sheet of document.querySelectorAll(".sheet")) sourceOf(sheet);
  addEventListener("beforeprint", drawTiles);
  addEventListener("afterprint", () => document.querySelectorAll(".sheet i canvas").forEach((canvas) => canvas.remove()));
}

function startDownloads() {
  document.addEventListener("click", async (event) => {
    const notebook = event.target.closest("a.notebook");
    if (notebook) {
      event.preventDefault();
      return saveNotebook(notebook);
    }
    const button = event.target.closest("button[data-save]");
    if (!button) return;
    const figure = button.closest("figure");
    const chart = figure.querySelector(".plotly-graph-div");
    const kind = button.dataset.save;
    try {
      if (!chart) download(`${figure.id}.${kind}`, await sheetPicture(figure));
      else if (kind === "csv") { await needFigures(); download(`${figure.id}.csv`, csv(figureRows(chart)), "text/csv"); }
      else { await needPlotly(); download(`${figure.id}.${kind}`, await picture(chart, kind)); }
    } catch {
      toast(`The ${kind.toUpperCase()} could not be made`);
    }
  });
}
