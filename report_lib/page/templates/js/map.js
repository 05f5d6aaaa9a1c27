// The data map: each image a point. Here: what is in the page, what passes the filters, and in which colour.
// How it is drawn and touched is in map_view.js, what is told of single images in map_panel.js.

const mapShades = 24; // of the margin
const mapColours = { labels: "class", clusters: "cluster", predicted: "prediction", margins: "margin", suspects: "suspected label error" };

function startMap() {
  const root = document.getElementById("map");
  const source = document.getElementById("map-data");
  if (!root || !source) return;
  const map = mapMount(root, JSON.parse(source.textContent));
  const near = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    near.disconnect();
    mapOpen(map).catch((error) => {
      map.part.keys.textContent = "This is a still of the map: this browser could not open the map itself.";
      console.error(error);
    });
  }, { rootMargin: "100px" });
  near.observe(root);
  for (const link of document.querySelectorAll("a[data-view]")) link.href = `#explore?${link.dataset.view}`;
  addEventListener("hashchange", () => mapFollow(map));
}

// Which class or cluster a name means on the map; null where the page has no map.
function mapViews() {
  const source = document.getElementById("map-data");
  if (!source) return null;
  const { classes, clusters } = JSON.parse(source.textContent);
  const places = (groups) => new Map(groups.map((group, i) => [group.name, i]));
  return { labels: places(classes), clusters: places(clusters) };
}

// --- the view in the address --------------------------------------------------------------------------------------

function mapAddress() {
  const [place, query] = location.hash.split("?");
  return place === "#explore" && query !== undefined ? new URLSearchParams(query) : null;
}

// Show what the address asks for; what it does not name is as at first.
function mapFollow(map) {
  const asked = mapAddress();
  if (!asked) return;
  map.root.closest("section")?.scrollIntoView();
  if (!map.data) return;
  const number = (name) => (/^-?\d+$/.test(asked.get(name)) ? Number(asked.get(name)) : null);
  map.colour = map.has(asked.get("colour")) && mapColours[asked.get("colour")] ? asked.get("colour") : map.first;
  map.part.colour.value = map.colour;
  map.part.query.value = asked.get("find") || "";
  for (const name of Object.keys(map.only)) mapSet(map, name, number(name));
  mapRecolour(map);
  mapPin(map, number("pinned") === null ? -1 : map.data.rows.indexOf(number("pinned")));
}

// Write what is shown into the address, so that it can be sent; the page's own place is left alone until something is chosen.
function mapTell(map) {
  const view = new URLSearchParams();
  if (map.colour !== map.first) view.set("colour", map.colour);
  for (const [name, value] of Object.entries(map.only)) if (value !== null) view.set(name, value);
  if (map.part.query.value) view.set("find", map.part.query.value);
  if (map.pinned >= 0) view.set("pinned", map.data.rows[map.pinned]);
  if (mapAddress() || String(view)) history.replaceState(null, "", `#explore?${view}`);
}

// Put the controls in place at once, so that nothing moves when the data arrive; the still waits where the map will be.
function mapMount(root, info) {
  const flat = root.querySelector(".map-flat"), key = root.querySelector(".map-key"), numbers = root.querySelector(".map-numbers");
  root.replaceChildren(document.getElementById("map-parts").content.cloneNode(true));
  const part = {};
  for (const element of root.querySelectorAll("[data-map]")) part[element.dataset.map] = element;
  part.stage.prepend(flat);
  part.legend.before(numbers);
  // The still's own key is for paper, where there is no legend.
  key.classList.add("map-on-paper");
  part.legend.after(key);
  const has = (name) => info.fields.some((field) => field[0] === name);
  const map = {
    root, info, part, flat, has, sprite: null, dark: false, inks: {}, asked: {}, lasso: null, drawing: null, lassoing: false,
    only: { labels: null, clusters: null, predicted: null, suspects: null }, // -1 among clusters is noise
    first: has("labels") ? "labels" : "clusters",
    shown: 0, chosen: null, pointer: null, hover: -1, focus: -1, pinned: -1,
    width: 0, height: 0, ratio: 1, view: { zoom: 1, x: 0, y: 0 },
  };
  map.colour = map.first;
  mapFillSelects(map);
  return map;
}

function mapFillSelects(map) {
  const { part, info } = map;
  const option = (select, value, text) => select.append(new Option(text, value));
  for (const [name, text] of Object.entries(mapColours)) if (map.has(name)) option(part.colour, name, text);
  part.colour.value = map.colour;
  option(part.labels, "", "all");
  info.classes.forEach((group, i) => option(part.labels, i, group.name));
  option(part.clusters, "", "all");
  info.clusters.forEach((group, i) => option(part.clusters, i, group.name));
  option(part.clusters, -1, info.noise.name);
  part.labelsField.hidden = !map.has("labels");
  const named = map.has("labels") || map.has("predicted") ? [info.classes[0]] : [];
  part.query.placeholder = ["row 123", ...[...named, ...info.clusters.slice(0, 1)].map((group) => group.name)].join(", ");
}

// In pieces, so that no reader waits for all of it at once.
const mapPause = () => new Promise((done) => setTimeout(done));

async function mapOpen(map) {
  map.sprite = mapPause().then(mapSprite).catch(() => null);
  const info = map.info;
  const data = mapArrays(await unzipped(document.getElementById("map-bytes").textContent.trim()).arrayBuffer(), info.fields);
  map.data = data;
  map.clusters = Int16Array.from(data.clusters, (cluster) => cluster - 1);
  map.passes = new Uint8Array(info.n);
  map.kinds = new Uint16Array(info.n);
  map.stamps = new Map();
  map.mixed = mapMixed(info.n);
  map.names = Array.from(map.flat.querySelectorAll("li"), (element, i) => ({ element, x: info.islands[i][0], y: info.islands[i][1] }));
  map.grid = mapGrid(data.x, data.y);
  await mapPause();
  mapTheme(map);
  await mapPause();
  mapListen(map);
  mapListenToInput(map);
  mapShowPinned(map);
  new ResizeObserver(() => mapResize(map)).observe(map.part.stage);
  mapResize(map);
  mapRecolour(map);
  map.sprite.then((bitmap) => { map.bitmap = bitmap; mapAsk(map, "points"); });
  // On paper the still is what is shown.
  map.flat.classList.add("map-live");
  mapFollow(map);
  map.root.dataset.ready = "yes";
}

// A bitmap and no <img>: decoded beside the page's own work, and drawn from as often as wanted.
async function mapSprite() {
  const address = document.getElementById("map-sprite").textContent.trim();
  const comma = address.indexOf(",");
  return createImageBitmap(new Blob([bytesOf(address.slice(comma + 1))], { type: address.slice(5, comma).split(";")[0] }));
}

function mapArrays(buffer, fields) {
  const types = { uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array };
  const arrays = {};
  let at = 0;
  for (const [name, type, length] of fields) {
    arrays[name] = new types[type](buffer, at, length);
    at += arrays[name].byteLength;
  }
  return arrays;
}

// An order in which no class lies on top of another, whatever order the images came in; the same in every visit.
function mapMixed(n) {
  const divisor = (a, b) => (b ? divisor(b, a % b) : a);
  let step = Math.max(1, Math.round(n * 0.618));
  while (divisor(n, step) !== 1) step += 1;
  return Uint16Array.from({ length: n }, (_, i) => (i * step) % n);
}

function mapListen(map) {
  const { part } = map;
  part.colour.addEventListener("change", () => {
    map.colour = part.colour.value;
    // These two are chosen in the legend alone, which now shows something else.
    map.only.predicted = map.only.suspects = null;
    mapRecolour(map);
    mapTell(map);
  });
  for (const name of ["labels", "clusters"]) {
    part[name].addEventListener("change", () => mapOnly(map, name, part[name].value === "" ? null : Number(part[name].value)));
  }
  part.legend.addEventListener("keydown", (event) => mapLegendKey(map, event));
  part.legend.addEventListener("focusin", (event) => mapLegendStop(part.legend.querySelectorAll("button"), event.target));
  part.query.addEventListener("input", () => { mapRefilter(map); mapTell(map); });
  part.clearFilters.addEventListener("click", () => {
    part.query.value = "";
    for (const name of Object.keys(map.only)) mapOnly(map, name, null);
    part.query.focus();
  });
  part.chooseShown.addEventListener("click", () => mapChoose(map, mapEvery(map, () => true), null));
  document.addEventListener("report:theme", () => { mapTheme(map); mapRecolour(map); });
}

function mapOnly(map, name, value) {
  mapSet(map, name, value);
  mapRefilter(map);
  mapTell(map);
}

function mapSet(map, name, value) {
  map.only[name] = value;
  if (map.part[name]) map.part[name].value = value === null ? "" : value;
}

// --- what passes --------------------------------------------------------------------------------------------------

function mapRefilter(map) {
  const wanted = Object.entries(map.only).filter(([, value]) => value !== null);
  const found = mapSearch(map, map.part.query.value);
  map.shown = 0;
  for (let i = 0; i < map.info.n; i++) {
    map.passes[i] = wanted.every(([name, value]) => mapValue(map, name, i) === value) && found.every((test) => test(i)) ? 1 : 0;
    map.shown += map.passes[i];
  }
  if (map.focus >= 0 && !map.passes[map.focus]) map.focus = -1;
  map.hover = -1;
  map.part.count.textContent = `${mapNumber(map.shown)} of ${mapNumber(map.info.n)} images`;
  map.part.clearFilters.hidden = !wanted.length && !found.length;
  map.part.chooseShown.disabled = !map.shown;
  for (const button of map.part.legend.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(map.only[map.colour] === Number(button.value)));
  }
  mapReorder(map);
}

function mapValue(map, name, i) {
  return name === "clusters" ? map.clusters[i] : map.data[name][i];
}

function mapEvery(map, test) {
  const found = [];
  for (let i = 0; i < map.info.n; i++) if (map.passes[i] && test(i)) found.push(i);
  return found;
}

// One test a word, all of which an image has to pass; "row 12" counts as one.
function mapSearch(map, query) {
  const words = query.toLowerCase().replace(/\brow\s+(?=\d)/g, "row:").split(/\s+/).filter(Boolean);
  return words.map((word) => {
    if (/^row:\d+$/.test(word)) return (i) => map.data.rows[i] === Number(word.slice(4));
    const classes = mapNamed(map.info.classes, word);
    const clusters = [...map.info.clusters, map.info.noise].map((group) => group.name.toLowerCase()).indexOf(word);
    const cluster = clusters === map.info.clusters.length ? -1 : clusters < 0 ? null : clusters;
    const row = /^\d+$/.test(word) ? Number(word) : -1;
    return (i) =>
      map.data.rows[i] === row || (map.info.names.length && map.info.names[i].toLowerCase().includes(word)) || map.clusters[i] === cluster ||
      (map.data.labels && classes.has(map.data.labels[i])) || (map.data.predicted && classes.has(map.data.predicted[i]));
  });
}

// Which classes a word means: the one of that name, or else all that contain it.
function mapNamed(groups, word) {
  const names = groups.map((group) => group.name.toLowerCase());
  const exact = names.indexOf(word);
  return new Set(exact >= 0 ? [exact] : names.flatMap((name, i) => (name.includes(word) ? [i] : [])));
}

// --- colours ------------------------------------------------------------------------------------------------------

function mapTheme(map) {
  const scheme = getComputedStyle(document.documentElement).colorScheme;
  const both = scheme.includes("light") && scheme.includes("dark");
  map.dark = both ? matchMedia("(prefers-color-scheme: dark)").matches : scheme.includes("dark");
  // Asked of an element, a variable comes as a plain colour, whatever it was written as.
  for (const name of ["ink", "ink-soft", "accent", "raised"]) {
    map.part.said.style.color = `var(--${name})`;
    map.inks[name] = getComputedStyle(map.part.said).color;
  }
  map.part.said.style.color = "";
  map.ground = mapLanes(map, map.inks.raised);
}

function mapPalette(map) {
  const { info, colour } = map;
  if (colour === "margins") return Array.from({ length: mapShades }, (_, i) => ({ color: mapRampColor(map, i / (mapShades - 1)), mark: "circle" }));
  if (colour === "clusters") return [info.noise, ...info.clusters].map((group) => mapShade(map, group));
  if (colour !== "suspects") return info.classes.map((group) => mapShade(map, group));
  return [{ ...mapShade(map, info.noise), name: "nothing found" }, { name: "label looks wrong", color: map.inks.accent, mark: "circle" }];
}

function mapShade(map, group) {
  return { name: group.name, color: map.dark ? group.dark : group.color, mark: group.mark };
}

function mapRampColor(map, share) {
  const stops = map.info.ramp[map.dark ? "dark" : "light"].map((color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)));
  const at = Math.min(share * (stops.length - 1), stops.length - 1.001);
  const [from, to] = [stops[Math.floor(at)], stops[Math.floor(at) + 1]];
  return `rgb(${from.map((value, i) => Math.round(value + (to[i] - value) * (at % 1))).join(" ")})`;
}

// Any CSS colour as [red and blue, green], each at its place in a pixel's 32 bits.
function mapLanes(map, color) {
  map.tester = map.tester || mapElement("canvas", { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  map.tester.fillStyle = color;
  map.tester.fillRect(0, 0, 1, 1);
  const [red, green, blue] = map.tester.getImageData(0, 0, 1, 1).data;
  return [red | (blue << 16), green << 8];
}

function mapMark(mark, x, y, r) {
  const path = new Path2D();
  const polygon = (corners) => { corners.forEach(([dx, dy]) => path.lineTo(x + r * dx, y + r * dy)); path.closePath(); };
  const cross = [[-0.4, -1], [0.4, -1], [0.4, -0.4], [1, -0.4], [1, 0.4], [0.4, 0.4], [0.4, 1], [-0.4, 1], [-0.4, 0.4], [-1, 0.4], [-1, -0.4], [-0.4, -0.4]];
  if (mark === "diamond") polygon([[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]].map(([a, b]) => [a / 1.1, b / 1.1]));
  else if (mark === "square") polygon([[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]]);
  else if (mark === "triangle-up") polygon([[0, -1], [1, 0.8], [-1, 0.8]]);
  else if (mark === "cross") polygon(cross);
  else if (mark === "x") polygon(cross.map(([a, b]) => [(a - b) * 0.707, (a + b) * 0.707]));
  else path.arc(x, y, r, 0, 7);
  return path;
}

function mapRecolour(map) {
  const { data, kinds, colour, info } = map;
  map.palette = mapPalette(map).map((group) => ({ ...group, lanes: mapLanes(map, group.color) }));
  for (let i = 0; i < info.n; i++) {
    if (colour === "margins") kinds[i] = Math.min(mapShades - 1, Math.floor((data.margins[i] / info.marginSteps) * mapShades));
    else kinds[i] = data[colour][i]; // of clusters, where 0 is noise
  }
  mapLegend(map);
  mapRefilter(map);
  mapShowChosen(map);
}

// Sort points by how they are drawn: those that do not pass beneath, then those not chosen, then the others.
function mapReorder(map) {
  const depth = { margins: (kind) => mapShades - kind, suspects: (kind) => kind, clusters: (kind) => Math.min(kind, 1) }[map.colour] || (() => 0);
  const levels = Uint16Array.from(map.kinds, (kind, i) => {
    if (!map.passes[i]) return 0;
    return map.chosen && !map.chosen.has(i) ? 1 : 2 + depth(kind);
  });
  map.order = map.mixed.slice().sort((a, b) => levels[a] - levels[b]);
  map.bounds = [0, 1, 2].map((level) => map.order.findIndex((i) => levels[i] >= level)).map((at) => (at < 0 ? map.info.n : at));
  mapAsk(map, "points");
}

function mapLegend(map) {
  const counts = new Array(map.palette.length).fill(0);
  for (const kind of map.kinds) counts[kind] += 1;
  const rows = map.palette.map((group, kind) => ({ group, kind, count: counts[kind] })).filter((row) => row.count);
  // Noise is last, as in the select.
  if (map.colour === "clusters" && rows[0].kind === 0) rows.push(rows.shift());
  map.part.legend.replaceChildren(map.colour === "margins" ? mapScale(map) : mapElement("ul", {}, rows.map((row) => mapLegendItem(map, row))));
  const buttons = map.part.legend.querySelectorAll("button");
  if (buttons.length) mapLegendStop(buttons, buttons[0]);
}

// One stop on the way of Tab; arrows go from group to group.
function mapLegendStop(buttons, at) {
  for (const button of buttons) button.tabIndex = button === at ? 0 : -1;
}

function mapLegendKey(map, event) {
  const buttons = [...map.part.legend.querySelectorAll("button")], from = buttons.indexOf(event.target);
  const steps = { ArrowLeft: from - 1, ArrowUp: from - 1, ArrowRight: from + 1, ArrowDown: from + 1, Home: 0, End: buttons.length - 1 };
  if (from < 0 || steps[event.key] === undefined) return;
  event.preventDefault();
  buttons.at(steps[event.key] % buttons.length).focus();
}

function mapLegendItem(map, { group, kind, count }) {
  const name = map.colour;
  const value = name === "clusters" ? kind - 1 : kind;
  const button = mapElement("button", { type: "button", value }, [mapSwatch(group), mapElement("span", {}, [group.name]), mapElement("small", {}, [mapNumber(count)])]);
  button.addEventListener("click", () => mapOnly(map, name, map.only[name] === value ? null : value));
  return mapElement("li", {}, [button]);
}

function mapScale(map) {
  const ramp = mapElement("span", { className: "map-ramp" });
  ramp.style.background = `linear-gradient(to right, ${[0, 0.25, 0.5, 0.75, 1].map((share) => mapRampColor(map, share)).join(", ")})`;
  return mapElement("p", { className: "map-scale" }, ["0: two answers equally likely", ramp, "1: sure"]);
}

function mapSwatch(group) {
  const swatch = mapElement("span", { className: `map-swatch map-${group.mark}` });
  swatch.style.backgroundColor = group.color;
  return swatch;
}

// By hand: loading what a browser knows of languages takes longer than drawing the map.
function mapNumber(n) {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

// Text becomes text nodes: names come from data, and are never read as markup.
function mapElement(tag, properties, children = []) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// What a test, or anyone who looks, can read of the state.
function mapNote(map) {
  const { scale, left, top } = mapPlace(map);
  const row = (i) => (i < 0 ? null : map.data.rows[i]);
  map.root.dataset.state = JSON.stringify({
    shown: map.shown, chosen: map.chosen ? map.chosen.size : 0, pinned: row(map.pinned), focused: row(map.focus),
    hovered: row(map.hover), colour: map.colour, dark: map.dark, zoom: map.view.zoom, place: [scale, left, top],
  });
}
