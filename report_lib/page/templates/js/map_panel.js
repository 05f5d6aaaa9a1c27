// The data map: what is told of single images - the card at the pointer, the pinned image, the chosen ones.

const mapTop = 5; // classes told of a choice
const mapFirst = 60; // thumbnails shown of it

function mapNeighbors(map, i) {
  const k = map.info.k;
  return map.data.neighbors.subarray(i * k, (i + 1) * k);
}

// --- what is known of an image ------------------------------------------------------------------------------------

function mapLabel(map, i) {
  const group = map.data.labels ? map.info.classes[map.data.labels[i]] : { unknown: true };
  return group.unknown ? "" : group.name;
}

function mapPrediction(map, i) {
  return map.data.predicted ? map.info.classes[map.data.predicted[i]].name : "";
}

function mapMargin(map, i) {
  return map.data.margins ? map.data.margins[i] / map.info.marginSteps : null;
}

function mapCluster(map, i) {
  return (map.clusters[i] < 0 ? map.info.noise : map.info.clusters[map.clusters[i]]).name;
}

function mapSuspect(map, i) {
  return Boolean(map.data.suspects && map.data.suspects[i]);
}

function mapFacts(map, i) {
  const margin = mapMargin(map, i);
  const facts = [
    ["Label", mapLabel(map, i)], ["Prediction", mapPrediction(map, i)],
    ["Margin", margin === null ? "" : margin.toFixed(2)], ["Cluster", mapCluster(map, i)],
  ].filter(([, text]) => text);
  const list = facts.flatMap(([term, text]) => [mapElement("dt", {}, [term]), mapElement("dd", {}, [text])]);
  return mapElement("dl", { className: "map-facts" }, list);
}

// What a caption of the image says in a few words: its label, or what comes nearest to one.
function mapShort(map, i) {
  return mapLabel(map, i) || mapPrediction(map, i) || mapCluster(map, i);
}

// What a person finds the image by: its name where it has one, or else its row.
function mapCalled(map, i) {
  return map.info.names.length ? map.info.names[i] : `row ${map.data.rows[i]}`;
}

function mapSentence(map, i) {
  const margin = mapMargin(map, i);
  return [
    mapCalled(map, i).replace(/^row/, "Row"),
    mapLabel(map, i) && `label ${mapLabel(map, i)}`,
    mapPrediction(map, i) && `prediction ${mapPrediction(map, i)}${margin === null ? "" : ` with margin ${margin.toFixed(2)}`}`,
    map.clusters[i] < 0 ? "in no cluster" : `cluster ${mapCluster(map, i)}`,
    mapSuspect(map, i) && "label looks wrong",
  ].filter(Boolean).join(", ") + ".";
}

function mapThumb(map, i) {
  const [width, height] = map.info.tile;
  const canvas = mapElement("canvas", { className: "map-thumb", width, height });
  canvas.setAttribute("aria-hidden", "true");
  map.sprite.then((bitmap) => bitmap && canvas.getContext("2d").drawImage(bitmap, ...mapTile(map, i), 0, 0, width, height));
  return canvas;
}

function mapWarning() {
  return mapElement("p", { className: "map-suspect" }, ["label looks wrong"]);
}

// --- the card at the pointer --------------------------------------------------------------------------------------

function mapShowCard(map, i) {
  const { card } = map.part;
  if (card.hidden || Number(card.dataset.point) !== i) {
    card.dataset.point = i;
    const text = mapElement("div", {}, [mapElement("strong", {}, [mapCalled(map, i)]), mapFacts(map, i)]);
    if (mapSuspect(map, i)) text.append(mapWarning());
    card.replaceChildren(mapThumb(map, i), text);
    card.hidden = false;
  }
  const [x, y] = mapOnScreen(map, i);
  const left = x + 16 + card.offsetWidth > map.width ? x - 16 - card.offsetWidth : x + 16;
  const top = y + 16 + card.offsetHeight > map.height ? y - 16 - card.offsetHeight : y + 16;
  card.style.transform = `translate(${Math.round(Math.max(4, left))}px, ${Math.round(Math.max(4, top))}px)`;
}

function mapHideCard(map) {
  map.part.card.hidden = true;
}

// --- the pinned image ---------------------------------------------------------------------------------------------

function mapPin(map, i) {
  map.pinned = i;
  mapShowPinned(map);
  if (i >= 0) mapBringIntoView(map, i);
  mapAsk(map, "over");
  mapTell(map);
}

function mapShowPinned(map) {
  const { pinned } = map.part;
  const i = map.pinned;
  pinned.hidden = i < 0;
  if (i < 0) return pinned.replaceChildren();
  const close = mapElement("button", { type: "button", className: "map-link" }, ["Unpin"]);
  close.addEventListener("click", () => { mapPin(map, -1); map.part.over.focus(); });
  const title = mapElement("h3", { className: "map-title", tabIndex: -1 }, [mapCalled(map, i)]);
  const facts = mapElement("div", {}, [mapFacts(map, i)]);
  if (mapSuspect(map, i)) facts.append(mapWarning());
  pinned.replaceChildren(
    mapElement("div", { className: "map-title-row" }, [title, close]),
    mapElement("div", { className: "map-pinned-head" }, [mapThumb(map, i), facts]),
    mapElement("h4", { className: "map-title" }, ["Most like it"]),
    mapElement("ul", { className: "map-tiles" }, Array.from(mapNeighbors(map, i), (other) => mapTileButton(map, other, true))),
  );
}

function mapTileButton(map, i, named) {
  const text = mapShort(map, i);
  const button = mapElement("button", { type: "button", title: mapCalled(map, i) }, [mapThumb(map, i)]);
  button.dataset.row = map.data.rows[i];
  button.setAttribute("aria-label", `${text}, ${mapCalled(map, i)}`);
  if (named) button.append(mapElement("span", {}, [text]));
  button.addEventListener("click", () => {
    mapPin(map, i);
    // The button that was pressed may be gone, and whoever used a keyboard should not be sent back to the top.
    if (named) map.part.pinned.querySelector("h3").focus();
    else map.part.said.textContent = `Pinned: ${mapSentence(map, i)}`;
  });
  return mapElement("li", {}, [button]);
}

// --- the chosen images --------------------------------------------------------------------------------------------

function mapChoose(map, points, outline) {
  map.chosen = points ? new Set(points) : null;
  map.lasso = outline;
  mapShowChosen(map);
  mapReorder(map);
}

function mapShowChosen(map) {
  const { chosen } = map.part;
  chosen.hidden = !map.chosen;
  if (!map.chosen) return chosen.replaceChildren();
  const points = [...map.chosen];
  const count = points.length;
  const title = `${mapNumber(count)} ${count === 1 ? "image" : "images"} chosen`;
  const shown = points.slice(0, mapFirst);
  chosen.replaceChildren(
    mapElement("h3", { className: "map-title" }, [title]), mapShares(map, points), mapChosenActions(map, points),
    mapElement("ul", { className: "map-chosen-tiles" }, shown.map((i) => mapTileButton(map, i, false))),
  );
  if (count > mapFirst) chosen.append(mapElement("p", { className: "map-note" }, [`The first ${mapFirst} are shown; the file has all.`]));
  map.part.said.textContent = `${title}.`;
}

function mapShares(map, points) {
  const byClass = Boolean(map.data.labels);
  const groups = byClass ? map.info.classes : [map.info.noise, ...map.info.clusters];
  const counts = new Array(groups.length).fill(0);
  for (const i of points) counts[byClass ? map.data.labels[i] : map.data.clusters[i]] += 1;
  const ranked = counts.map((count, i) => ({ count, group: groups[i] })).filter((row) => row.count).sort((a, b) => b.count - a.count);
  const items = ranked.slice(0, mapTop).map(({ count, group }) => mapShareItem(mapShade(map, group), count, points.length));
  const rest = ranked.slice(mapTop).reduce((sum, row) => sum + row.count, 0);
  if (rest) items.push(mapShareItem({ name: `${ranked.length - mapTop} more`, color: map.inks["ink-soft"] }, rest, points.length));
  return mapElement("ul", { className: "map-shares" }, items);
}

function mapShareItem(group, count, all) {
  const share = (100 * count) / all;
  const bar = mapElement("span", { className: "map-share" });
  bar.style.backgroundColor = group.color;
  bar.style.width = `${share}%`;
  const numbers = `${mapNumber(count)} (${share < 1 ? "under 1" : Math.round(share)}%)`;
  return mapElement("li", {}, [mapElement("span", {}, [group.name]), bar, mapElement("span", {}, [numbers])]);
}

function mapChosenActions(map, points) {
  const button = (text, action) => {
    const made = mapElement("button", { type: "button", className: "map-button" }, [text]);
    made.addEventListener("click", () => action(made));
    return made;
  };
  const actions = points.length ? [button("Download rows (CSV)", () => download("chosen-rows.csv", csv(mapRows(map, points)), "text/csv;charset=utf-8")), button("Copy row numbers", (made) => mapCopy(map, points, made))] : [];
  const clear = button("Clear", () => { mapChoose(map, null, null); map.part.over.focus(); });
  return mapElement("div", { className: "map-actions" }, [...actions, clear]);
}

function mapRows(map, points) {
  const columns = { row: (i) => String(map.data.rows[i]), cluster: (i) => mapCluster(map, i) };
  if (map.info.names.length) columns.name = (i) => map.info.names[i];
  if (map.data.labels) columns.label = (i) => mapLabel(map, i);
  if (map.data.predicted) columns.predicted = (i) => mapPrediction(map, i);
  if (map.data.margins) columns.margin = (i) => String(mapMargin(map, i));
  if (map.data.suspects) columns.suspect = (i) => (mapSuspect(map, i) ? "yes" : "no");
  const names = ["row", "name", "label", "predicted", "margin", "cluster", "suspect"].filter((name) => columns[name]);
  return [names, ...points.map((i) => names.map((name) => columns[name](i)))];
}

async function mapCopy(map, points, button) {
  const text = points.map((i) => map.data.rows[i]).join("\n");
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    map.part.said.textContent = `${mapNumber(points.length)} row numbers copied.`;
  } catch {
    button.textContent = "Not copied: the browser does not allow it";
  }
}
