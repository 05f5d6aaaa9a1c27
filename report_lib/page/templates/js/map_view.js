// The data map: where points are on the screen, how they are drawn, and what mouse, fingers and keys do.

const mapMost = 80; // zoom
const mapCells = 64; // a side of the grid in which points are looked up
const mapFaint = [0.1, 0.25]; // opacity of what does not pass, and of what is not chosen
const mapPhases = 4; // places within a pixel, along each axis, that a point is drawn at
const mapPushed = 40; // so far a name may go from its place, to stay within the edge
const mapPhone = 600; // narrower, clusters have numbers, which are all in view where the whole map is
const mapPictures = 180; // so few points in view are drawn as their images

// --- geometry -----------------------------------------------------------------------------------------------------

function mapResize(map) {
  const { stage, points, over } = map.part;
  map.ratio = Math.min(window.devicePixelRatio || 1, 3);
  map.width = stage.clientWidth;
  map.height = stage.clientHeight;
  for (const canvas of [points, over]) {
    canvas.width = Math.round(map.width * map.ratio);
    canvas.height = Math.round(map.height * map.ratio);
  }
  map.sheet = mapSheet(map);
  const { x, y } = map.data;
  map.extent = map.extent || [Math.max(1, x.reduce((a, b) => Math.max(a, b))), Math.max(1, y.reduce((a, b) => Math.max(a, b)))];
  if (map.view.zoom === 1) mapWhole(map);
  for (const name of map.names) name.size = null;
  mapHideCard(map);
  mapAsk(map, "points");
}

function mapWhole(map) {
  map.view = { zoom: 1, x: map.extent[0] / 2, y: map.extent[1] / 2 };
  mapAsk(map, "points");
}

// Where a point is in the stage: (left + scale * x, top - scale * y).
function mapPlace(map) {
  const room = [Math.max(20, map.width - 48), Math.max(20, map.height - 48)];
  const scale = map.view.zoom * Math.min(room[0] / map.extent[0], room[1] / map.extent[1]);
  return { scale, left: map.width / 2 - scale * map.view.x, top: map.height / 2 + scale * map.view.y };
}

function mapOnScreen(map, i) {
  const { scale, left, top } = mapPlace(map);
  return [left + scale * map.data.x[i], top - scale * map.data.y[i]];
}

function mapInData(map, [x, y]) {
  const { scale, left, top } = mapPlace(map);
  return [(x - left) / scale, (top - y) / scale];
}

function mapMove(map, x, y) {
  map.view.x = Math.min(map.extent[0], Math.max(0, x));
  map.view.y = Math.min(map.extent[1], Math.max(0, y));
  mapAsk(map, "points");
}

// Zoom so that what lies under a place on the screen stays there. Returns whether there was anything left to zoom.
function mapZoom(map, factor, at = [map.width / 2, map.height / 2]) {
  const before = map.view.zoom;
  const [x, y] = mapInData(map, at);
  // Rounded, so that as many steps back as forth end at the same zoom.
  map.view.zoom = Math.min(mapMost, Math.max(1, Math.round(before * factor * 1e6) / 1e6));
  if (map.view.zoom === before) return false;
  const [nowX, nowY] = mapInData(map, at);
  mapMove(map, map.view.x + x - nowX, map.view.y + y - nowY);
  return true;
}

// One step of + or -, about what is looked at: a point near by stays where it is, so that no step ends beside the data.
function mapStep(map, factor) {
  const i = mapLookedAt(map);
  if (i < 0) return mapZoom(map, factor);
  if (!mapInView(map, i, 0)) mapMove(map, map.data.x[i], map.data.y[i]);
  mapZoom(map, factor, mapOnScreen(map, i));
}

// The point of the keys, of the pointer, or the pinned one; or else that nearest the pointer, or the middle of what is shown.
function mapLookedAt(map) {
  const told = [map.focus, map.hover, map.pinned].find((i) => i >= 0 && mapInView(map, i, 0));
  return told ?? mapPick(map, map.pointer || mapMiddle(map), Infinity);
}

function mapMiddle(map) {
  const seen = mapEvery(map, (i) => mapInView(map, i, 0)).map((i) => mapOnScreen(map, i));
  const mean = (axis) => seen.reduce((sum, place) => sum + place[axis], 0) / seen.length;
  return seen.length ? [mean(0), mean(1)] : [map.width / 2, map.height / 2];
}

function mapInView(map, i, rim) {
  const [x, y] = mapOnScreen(map, i);
  const { pinned } = map.part;
  // Where the pinned image lies over the map, what it covers is out of view.
  const covered = pinned.hidden || pinned.offsetTop >= map.height ? 0 : pinned.offsetWidth;
  return x >= rim && y >= rim && x <= map.width - covered - rim && y <= map.height - rim;
}

function mapBringIntoView(map, i) {
  if (!mapInView(map, i, 16)) mapMove(map, map.data.x[i], map.data.y[i]);
}

function mapGrid(x, y) {
  const cell = (i) => (y[i] >> 10) * mapCells + (x[i] >> 10); // 65,536 / 64 is 2 ** 10
  const starts = new Uint32Array(mapCells * mapCells + 1);
  for (let i = 0; i < x.length; i++) starts[cell(i) + 1] += 1;
  for (let c = 0; c < starts.length - 1; c++) starts[c + 1] += starts[c];
  const next = starts.slice();
  const items = new Uint16Array(x.length);
  for (let i = 0; i < x.length; i++) items[next[cell(i)]++] = i;
  return { starts, items };
}

// The nearest point within so many pixels that passes the filters, or -1.
function mapPick(map, at, reach) {
  const { data, grid } = map;
  const [x, y] = mapInData(map, at);
  const far = reach / mapPlace(map).scale;
  const clip = (value) => Math.min(mapCells - 1, Math.max(0, Math.floor(value / 1024)));
  let best = -1, least = far * far;
  for (let row = clip(y - far); row <= clip(y + far); row++) {
    const from = grid.starts[row * mapCells + clip(x - far)], to = grid.starts[row * mapCells + clip(x + far) + 1];
    for (let at = from; at < to; at++) {
      const i = grid.items[at];
      const distance = (data.x[i] - x) ** 2 + (data.y[i] - y) ** 2;
      if (distance <= least && map.passes[i]) [best, least] = [i, distance];
    }
  }
  return best;
}

// --- drawing ------------------------------------------------------------------------------------------------------

// At most one drawing a frame. Hovering and the lasso draw over the points, and never the points themselves.
function mapAsk(map, what) {
  map.asked[what] = true;
  map.frame = map.frame || requestAnimationFrame(() => {
    map.frame = 0;
    if (map.ratio !== Math.min(window.devicePixelRatio || 1, 3)) return mapResize(map);
    if (map.asked.points) { mapDrawPoints(map); mapPlaceNames(map); }
    mapDrawOver(map);
    map.asked = {};
    mapNote(map);
  });
}

function mapRadius(map) {
  const room = Math.sqrt((map.width * map.height) / map.info.n);
  const radius = Math.min(5, Math.max(1.5, 0.32 * room)) * map.view.zoom ** 0.3;
  return Math.round(Math.min(radius, 7) * 4) / 4;
}

// The pixels that a mark covers, as steps from its middle and shares of 256: one set for each place of that middle
// within a pixel. Thousands of marks are stamped from these much faster than a canvas draws them.
function mapStamps(map, mark, radius) {
  const key = `${mark} ${radius} ${map.sheet.stride}`;
  if (map.stamps.has(key)) return map.stamps.get(key);
  const middle = Math.ceil(radius) + 1, side = 2 * middle + 1;
  const canvas = mapElement("canvas", { width: side * mapPhases, height: side * mapPhases });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const places = Array.from({ length: mapPhases ** 2 }, (_, i) => [i % mapPhases, Math.floor(i / mapPhases)]);
  for (const [x, y] of places) pen.fill(mapMark(mark, x * side + middle + (x + 0.5) / mapPhases, y * side + middle + (y + 0.5) / mapPhases, radius));
  const stamps = places.map(([x, y]) => {
    const { data } = pen.getImageData(x * side, y * side, side, side);
    const covered = Array.from({ length: side * side }, (_, i) => i).filter((i) => data[4 * i + 3]);
    return {
      steps: Int32Array.from(covered, (i) => (Math.floor(i / side) - middle) * map.sheet.stride + (i % side) - middle),
      shares: Uint16Array.from(covered, (i) => Math.round((data[4 * i + 3] * 256) / 255)),
    };
  });
  if (map.stamps.size > 60) map.stamps.clear();
  map.stamps.set(key, stamps);
  return stamps;
}

function mapDrawPoints(map) {
  const pen = map.part.points.getContext("2d", { alpha: false });
  const { sheet } = map;
  const [redBlue, green] = map.ground;
  sheet.pixels.fill(0xff000000 | redBlue | green);
  const stamps = map.palette.map((group) => mapStamps(map, group.mark, mapRadius(map) * map.ratio));
  let seen = 0;
  [...mapFaint, map.info.opacity].forEach((opacity, level) => {
    seen = mapStampLevel(map, stamps, opacity * 256, map.bounds[level], map.bounds[level + 1] ?? map.info.n);
  });
  pen.putImageData(sheet.image, -sheet.pad, -sheet.pad);
  map.pictured = Boolean(map.bitmap && map.view.zoom > 1 && seen <= mapPictures);
  if (map.pictured) mapDrawPictures(map, pen);
}

function mapStampLevel(map, stamps, opacity, from, to) {
  const { data: { x, y }, order, kinds, sheet, ratio, palette } = map;
  const { pad, stride, pixels } = sheet;
  const place = mapPlace(map);
  const scale = place.scale * ratio, left = place.left * ratio + pad, top = place.top * ratio + pad;
  // Half the rim keeps whole stamps within the sheet, and no point is missed that reaches into the canvas.
  const edge = pad / 2, right = stride - edge, bottom = pixels.length / stride - edge;
  let drawn = 0;
  for (let j = from; j < to; j++) {
    const i = order[j], kind = kinds[i];
    const across = left + scale * x[i], down = top - scale * y[i];
    if (across < edge || down < edge || across >= right || down >= bottom) continue;
    const column = Math.floor(across), line = Math.floor(down);
    const phase = Math.floor((across - column) * mapPhases) + mapPhases * Math.floor((down - line) * mapPhases);
    mapStamp(pixels, line * stride + column, stamps[kind][phase], palette[kind].lanes, opacity);
    drawn += 1;
  }
  return drawn;
}

// Mix a colour into the pixels under a stamp; red and blue are reckoned together, 16 bits apart.
function mapStamp(pixels, at, { steps, shares }, [redBlue, green], opacity) {
  for (let k = 0; k < steps.length; k++) {
    const share = (shares[k] * opacity) >> 8, rest = 256 - share;
    const before = pixels[at + steps[k]];
    const mixed = (Math.imul(before & 0xff00ff, rest) + Math.imul(redBlue, share)) >>> 8;
    const middle = (Math.imul(before & 0xff00, rest) + Math.imul(green, share)) >>> 8;
    pixels[at + steps[k]] = 0xff000000 | (mixed & 0xff00ff) | (middle & 0xff00);
  }
}

// What points are stamped on: the canvas and a rim, so that a point at the edge needs no clipping.
function mapSheet(map) {
  const pad = 2 * Math.ceil(8 * map.ratio + 2);
  const image = new ImageData(map.part.points.width + 2 * pad, map.part.points.height + 2 * pad);
  return { image, pad, stride: image.width, pixels: new Uint32Array(image.data.buffer) };
}

// Far enough in, the images themselves, each framed in its colour.
function mapDrawPictures(map, pen) {
  const { order, ratio, palette, kinds, info } = map;
  pen.imageSmoothingEnabled = false;
  for (let j = map.bounds[2]; j < info.n; j++) {
    const i = order[j];
    const [x, y] = mapOnScreen(map, i);
    if (x < -30 || y < -30 || x > map.width + 30 || y > map.height + 30) continue;
    const size = mapPictureSize(map);
    pen.fillStyle = palette[kinds[i]].color;
    pen.fillRect((x - size[0] / 2 - 2) * ratio, (y - size[1] / 2 - 2) * ratio, (size[0] + 4) * ratio, (size[1] + 4) * ratio);
    pen.drawImage(map.bitmap, ...mapTile(map, i), (x - size[0] / 2) * ratio, (y - size[1] / 2) * ratio, size[0] * ratio, size[1] * ratio);
  }
}

function mapPictureSize(map) {
  const [width, height] = map.info.tile;
  return [(34 * width) / Math.max(width, height), (34 * height) / Math.max(width, height)];
}

function mapTile(map, i) {
  const { tile: [width, height], columns } = map.info;
  return [(i % columns) * width, Math.floor(i / columns) * height, width, height];
}

// Names go with their points, at one size, and stay within the edge; one that would lie on another is left out, and all
// where images are seen instead of points. Larger clusters come first.
function mapPlaceNames(map) {
  const { scale, left, top } = mapPlace(map);
  const buttons = map.part.zoomIn.parentElement;
  const taken = [[buttons.offsetLeft + buttons.offsetWidth / 2, buttons.offsetTop + buttons.offsetHeight / 2, buttons.offsetWidth, buttons.offsetHeight]];
  for (const name of map.names) {
    name.size = name.size || [name.element.offsetWidth, name.element.offsetHeight];
    const [width, height] = name.size, [wantedX, wantedY] = [left + scale * name.x, top - scale * name.y];
    const x = Math.min(Math.max(wantedX, width / 2 + 4), map.width - width / 2 - 4), y = Math.min(Math.max(wantedY, height / 2 + 4), map.height - height / 2 - 4);
    const most = map.width < mapPhone && map.view.zoom === 1 ? Infinity : mapPushed;
    // Pushed far from the edge, a name would lie on what is not its own.
    const near = Math.abs(x - wantedX) < most && Math.abs(y - wantedY) < most;
    const free = near && !map.pictured && taken.every(([a, b, w, h]) => 2 * Math.abs(x - a) >= width + w || 2 * Math.abs(y - b) >= height + h);
    if (free) taken.push([x, y, width, height]);
    name.element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
    name.element.classList.toggle("map-crowded", !free);
  }
}

function mapDrawOver(map) {
  const { over } = map.part;
  const marked = map.hover >= 0 ? map.hover : map.focus;
  const outline = map.drawing || map.lasso;
  const empty = marked < 0 && map.pinned < 0 && !outline;
  if (empty) mapHideCard(map);
  // While the bare map is moved there is no second canvas to bring up to date.
  if (empty && map.clear) return;
  map.clear = empty;
  const pen = over.getContext("2d");
  pen.setTransform(map.ratio, 0, 0, map.ratio, 0, 0);
  pen.clearRect(0, 0, map.width, map.height);
  if (outline) mapDrawLasso(map, pen, outline);
  if (map.pinned >= 0) mapDrawNeighbors(map, pen);
  if (marked >= 0) mapRing(map, pen, marked, 4, 2, map.inks.ink);
  if (map.pinned >= 0) mapRing(map, pen, map.pinned, 5, 2.5, map.inks.accent);
  if (marked >= 0) mapShowCard(map, marked);
  else mapHideCard(map);
}

function mapDrawLasso(map, pen, outline) {
  const { scale, left, top } = mapPlace(map);
  pen.beginPath();
  for (const [x, y] of outline) pen.lineTo(left + scale * x, top - scale * y);
  pen.closePath();
  pen.strokeStyle = pen.fillStyle = map.inks.accent;
  pen.lineWidth = 1.5;
  pen.globalAlpha = 0.08;
  pen.fill();
  pen.globalAlpha = 1;
  pen.setLineDash([5, 4]);
  pen.stroke();
  pen.setLineDash([]);
}

function mapDrawNeighbors(map, pen) {
  const from = mapOnScreen(map, map.pinned);
  pen.strokeStyle = map.inks.accent;
  pen.lineWidth = 1;
  for (const i of mapNeighbors(map, map.pinned)) {
    pen.globalAlpha = 0.6;
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...mapOnScreen(map, i));
    pen.stroke();
    pen.globalAlpha = 1;
    mapRing(map, pen, i, 2.5, 1.25, map.inks.accent);
  }
}

// A ring with a rim of the page's colour, so that it is seen on any other.
function mapRing(map, pen, i, more, thick, color) {
  const [x, y] = mapOnScreen(map, i);
  const inner = map.pictured ? Math.hypot(...mapPictureSize(map)) / 2 : mapRadius(map);
  for (const [width, ink] of [[thick + 2, map.inks.raised], [thick, color]]) {
    pen.beginPath();
    pen.arc(x, y, inner + more, 0, 7);
    pen.lineWidth = width;
    pen.strokeStyle = ink;
    pen.stroke();
  }
}

// --- mouse, fingers, keys -----------------------------------------------------------------------------------------

function mapListenToInput(map) {
  const { over, zoomIn, zoomOut, whole, lasso } = map.part;
  const down = new Map();
  const at = (event) => { const box = over.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  zoomIn.addEventListener("click", () => mapStep(map, 1.6));
  zoomOut.addEventListener("click", () => mapStep(map, 1 / 1.6));
  whole.addEventListener("click", () => mapWhole(map));
  lasso.addEventListener("click", () => mapToggleLasso(map));
  over.addEventListener("pointerdown", (event) => mapDown(map, down, event, at(event)));
  over.addEventListener("pointermove", (event) => mapDrag(map, down, event, at(event)));
  over.addEventListener("pointerup", (event) => mapUp(map, down, event, at(event)));
  over.addEventListener("pointercancel", (event) => { down.delete(event.pointerId); mapDropLasso(map); });
  over.addEventListener("pointerleave", () => { map.pointer = null; mapHover(map, -1); });
  over.addEventListener("wheel", (event) => mapWheel(map, event, at(event)), { passive: false });
  // Two fingers zoom the map; one is left to the page, to scroll with.
  over.addEventListener("touchmove", (event) => { if (event.touches.length > 1) event.preventDefault(); }, { passive: false });
  over.addEventListener("keydown", (event) => mapKey(map, event));
  over.addEventListener("blur", () => { map.focus = -1; mapAsk(map, "over"); });
  map.part.pinned.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { mapPin(map, -1); over.focus(); }
  });
}

function mapToggleLasso(map) {
  map.lassoing = !map.lassoing;
  map.part.lasso.setAttribute("aria-pressed", String(map.lassoing));
  map.part.stage.classList.toggle("map-lassoing", map.lassoing);
}

function mapDown(map, down, event, at) {
  if (event.button > 0) return;
  map.part.over.setPointerCapture(event.pointerId);
  down.set(event.pointerId, { at, from: at, moved: down.size > 0 });
  if (down.size === 1) return;
  for (const pointer of down.values()) pointer.moved = true;
  mapDropLasso(map);
}

function mapDrag(map, down, event, at) {
  const pointer = down.get(event.pointerId);
  if (event.pointerType === "mouse") map.pointer = at;
  if (!pointer) return event.pointerType === "mouse" && mapHover(map, mapPick(map, at, 12));
  if (Math.hypot(at[0] - pointer.from[0], at[1] - pointer.from[1]) > 4 && !pointer.moved) {
    pointer.moved = true;
    if (map.lassoing) map.drawing = [mapInData(map, pointer.from)];
  }
  const before = pointer.at;
  pointer.at = at;
  if (!pointer.moved) return;
  map.hover = -1;
  if (down.size === 2) mapPinch(map, [...down.values()].find((other) => other !== pointer).at, before, at);
  else if (map.drawing) { map.drawing.push(mapInData(map, at)); mapAsk(map, "over"); }
  else if (down.size === 1 && !map.lassoing) mapSlide(map, before, at);
}

function mapSlide(map, before, at) {
  const { scale } = mapPlace(map);
  mapMove(map, map.view.x - (at[0] - before[0]) / scale, map.view.y + (at[1] - before[1]) / scale);
}

function mapPinch(map, other, before, at) {
  const apart = (point) => Math.max(1, Math.hypot(point[0] - other[0], point[1] - other[1]));
  const middle = (point) => [(point[0] + other[0]) / 2, (point[1] + other[1]) / 2];
  mapSlide(map, middle(before), middle(at));
  mapZoom(map, apart(at) / apart(before), middle(at));
}

function mapUp(map, down, event, at) {
  const pointer = down.get(event.pointerId);
  down.delete(event.pointerId);
  if (map.drawing) return mapCloseLasso(map);
  if (!pointer || pointer.moved) return;
  const i = mapPick(map, at, event.pointerType === "mouse" ? 12 : 22);
  if (i < 0) return;
  // Fingers do not hover, and below a small screen's map the pinned image may be out of sight.
  if (event.pointerType !== "mouse") map.focus = i;
  mapPin(map, i);
}

function mapCloseLasso(map) {
  const outline = map.drawing;
  map.drawing = null;
  if (outline.length < 3) return mapDropLasso(map);
  mapChoose(map, mapEvery(map, (i) => mapInside(outline, map.data.x[i], map.data.y[i])), outline);
}

function mapDropLasso(map) {
  map.drawing = null;
  mapAsk(map, "over");
}

// Inside is where a line to the right crosses the outline an odd number of times.
function mapInside(outline, x, y) {
  let inside = false;
  for (let i = 0, j = outline.length - 1; i < outline.length; j = i++) {
    const [ax, ay] = outline[i], [bx, by] = outline[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

function mapHover(map, i) {
  if (i === map.hover) return;
  map.hover = i;
  mapAsk(map, "over");
}

// Without the focus, or at the end of the zoom, the wheel is the page's.
function mapWheel(map, event, at) {
  if (document.activeElement !== map.part.over && !event.ctrlKey && !event.metaKey) return;
  const pace = event.deltaMode === 1 ? 0.06 : event.ctrlKey ? 0.008 : 0.002;
  const zoomed = mapZoom(map, Math.exp(Math.min(0.5, Math.max(-0.5, -event.deltaY * pace))), at);
  if (zoomed || event.ctrlKey || event.metaKey) event.preventDefault();
}

function mapKey(map, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  const does = {
    "+": () => mapStep(map, 1.6), "=": () => mapStep(map, 1.6), "-": () => mapStep(map, 1 / 1.6), 0: () => mapWhole(map),
    Home: () => mapFocus(map, map.passes.indexOf(1)),
    Enter: () => map.focus >= 0 && mapPin(map, map.focus),
    Escape: () => (map.drawing ? mapDropLasso(map) : mapPin(map, -1)),
  };
  const action = steps[event.key] ? () => mapFocus(map, mapNext(map, steps[event.key])) : does[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

// The nearest point within a quarter of the circle around that direction; from nowhere, the one nearest the middle.
function mapNext(map, [dx, dy]) {
  const { data } = map;
  const start = map.focus >= 0 ? map.focus : map.pinned;
  const [x, y] = start >= 0 ? [data.x[start], data.y[start]] : [map.view.x, map.view.y];
  let best = start, least = Infinity;
  for (let i = 0; i < map.info.n; i++) {
    if (!map.passes[i] || i === start) continue;
    const ahead = (data.x[i] - x) * dx + (data.y[i] - y) * dy;
    const aside = Math.abs((data.x[i] - x) * dy) + Math.abs((data.y[i] - y) * dx);
    if (start >= 0 && (ahead <= 0 || aside > ahead)) continue;
    const distance = Math.hypot(ahead, aside);
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

function mapFocus(map, i) {
  if (i < 0) return;
  map.focus = i;
  map.hover = -1;
  mapBringIntoView(map, i);
  map.part.said.textContent = mapSentence(map, i);
  mapAsk(map, "over");
}
