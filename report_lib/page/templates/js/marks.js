/* Marks: what a reader says of doubted labels. They stay in this browser where it may keep anything, and leave as a table
   that the next run takes. Those that this run was made with are there from the start. */
const marks = { told: null, earlier: new Map(), own: new Map() };
const markKey = (part, row) => `${part}:${row}`;

function keptMarks() {
  try { return JSON.parse(localStorage.getItem(marks.place)) || []; } catch { return []; }
}

function keepMarks() {
  try {
    if (marks.own.size) localStorage.setItem(marks.place, JSON.stringify([...marks.own]));
    else localStorage.removeItem(marks.place);
  } catch { /* A browser may forbid it to files; the marks hold until the page is closed. */ }
}

/* What a row of a list says, by the head of its column. */
function markedRow(list, row) {
  const heads = listCells(list.querySelector("thead tr")), cells = listCells(row);
  const told = Object.fromEntries(heads.map((head, i) => [head, cells[i]]));
  return { part: list.dataset.marks, row: told.row, name: told.name, label: told.label, likelier: told.likelier };
}

function markOptions(own) {
  const group = (label, names) => {
    const made = Object.assign(document.createElement("optgroup"), { label });
    made.append(...names.map((name) => new Option(name, `is ${marks.told.classes.indexOf(name)}`)));
    return names.length ? [made] : [];
  };
  const others = marks.told.classes.filter((name) => name !== own.label && name !== own.likelier);
  const before = marks.earlier.has(markKey(own.part, own.row));
  return [
    new Option(before ? "marked before" : "mark …", ""), new Option("right", "right"), new Option("unsure", "unsure"),
    ...group("wrong, it is, as suggested", own.likelier ? [own.likelier] : []), ...group("wrong, it is", others),
  ];
}

/* A choice as it is exported; `was` is the label as it came, also where a run before has corrected it. */
function markOf(own, value) {
  const before = marks.earlier.get(markKey(own.part, own.row));
  const label = value === "unsure" ? "" : value === "right" ? own.label : marks.told.classes[Number(value.slice(3))];
  return { part: own.part, row: own.row, label, was: before ? before.was : own.label, mark: value.startsWith("is") ? "wrong" : value, name: own.name, value };
}

function setMark(own, value) {
  if (value) marks.own.set(markKey(own.part, own.row), markOf(own, value));
  else marks.own.delete(markKey(own.part, own.row));
  keepMarks();
  tellMarks();
}

/* The column of marks is made when a list is opened: nobody waits for it before. */
function addMarks(list) {
  if (list.querySelector(".mark")) return;
  const head = document.createElement("th");
  head.scope = "col";
  head.className = "mark";
  head.textContent = "your mark";
  list.querySelector("thead tr").cells[0].after(head);
  for (const row of listRows(list)) {
    const own = markedRow(list, row), cell = document.createElement("td"), select = document.createElement("select");
    cell.className = "mark";
    select.setAttribute("aria-label", `Mark of ${own.part} row ${own.row}, labelled ${own.label}`);
    select.append(...markOptions(own));
    select.value = marks.own.get(markKey(own.part, own.row))?.value ?? "";
    select.addEventListener("change", () => { setMark(own, select.value); row.dataset.mark = select.value.split(" ")[0]; });
    row.dataset.mark = select.value.split(" ")[0];
    cell.append(select);
    row.cells[0].after(cell);
  }
}

function tellMarks() {
  const counts = { right: 0, wrong: 0, unsure: 0 };
  for (const { mark } of marks.own.values()) counts[mark] += 1;
  const said = Object.entries(counts).filter(([, n]) => n).map(([mark, n]) => `${n} ${mark}`).join(", ");
  for (const place of document.querySelectorAll("[data-mark-said]")) place.textContent = said && `Marked so far: ${said}`;
  for (const button of document.querySelectorAll("[data-mark-do]")) button.hidden = !marks.own.size;
}

function markTable() {
  const all = [...new Map([...marks.earlier, ...marks.own]).values()];
  const named = all.some(({ name }) => name !== undefined);
  const heads = ["part", "row", "label", "was", "mark", ...(named ? ["name"] : [])];
  all.sort((a, b) => a.part.localeCompare(b.part) || Number(a.row) - Number(b.row));
  return [heads, ...all.map((own) => heads.map((head) => own[head]))];
}

function clearMarks() {
  if (!confirm(`Remove ${marks.own.size === 1 ? "the mark" : `all ${marks.own.size} marks`}?`)) return;
  marks.own.clear();
  keepMarks();
  tellMarks();
  for (const row of document.querySelectorAll("tr[data-mark]")) { row.dataset.mark = ""; row.querySelector(".mark select").value = ""; }
}

function startMarks() {
  const lists = document.querySelectorAll("details.list[data-marks]");
  if (!lists.length) return;
  marks.told = read("marks-data");
  marks.place = `image-structure-report-marks-${marks.told.of}`;
  for (const own of marks.told.earlier) {
    marks.earlier.set(markKey(own.part, own.row), { ...own, row: String(own.row), mark: own.label === own.was ? "right" : "wrong" });
  }
  marks.own = new Map(keptMarks());
  for (const list of lists) {
    list.addEventListener("toggle", () => { if (list.open) addMarks(list); });
    if (list.open) addMarks(list);
    list.querySelector("[data-mark-do=csv]").addEventListener("click", () => download("marks.csv", csv(markTable()), "text/csv;charset=utf-8"));
    list.querySelector("[data-mark-do=clear]").addEventListener("click", clearMarks);
  }
  tellMarks();
}
