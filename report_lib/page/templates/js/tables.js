/* Tables: a click on a head sorts, arrows go from head to head, and each has its CSV. */
const numberIn = (text) => parseFloat(text.replaceAll(",", "").replace(/^[<±]\s*/, "").replace("−", "-"));

/* Rows in a new order, each group for itself; what is empty comes last either way. */
function sortTable(table, column, down) {
  for (const body of table.tBodies) {
    const rows = [...body.rows].filter((row) => row.cells.length > column && !row.matches(".group")), told = new Map(rows.map((row) => [row, row.cells[column].textContent.trim()]));
    const numeric = [...told.values()].every((text) => !text || !Number.isNaN(numberIn(text)));
    const order = (a, b) => (numeric ? numberIn(a) - numberIn(b) : a.localeCompare(b, "en", { numeric: true }));
    rows.sort((a, b) => {
      const [x, y] = [told.get(a), told.get(b)];
      return x && y ? order(x, y) * (down ? -1 : 1) : Boolean(y) - Boolean(x);
    });
    body.append(...rows);
  }
}

function sortBy(head) {
  const table = head.closest("table"), column = head.cellIndex;
  const first = [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.matches(".group")).map((row) => row.cells[column]?.textContent.trim()).find(Boolean) ?? "";
  // Numbers come the highest first, words from A on; a second click turns them.
  const now = head.getAttribute("aria-sort"), down = now ? now === "ascending" : !Number.isNaN(numberIn(first));
  for (const other of table.tHead.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  sortTable(table, column, down);
}

/* One head of a table is in the way of Tab; arrows lead on. */
function makeSortable(table) {
  const heads = [...table.tHead.rows[0].cells].filter((cell) => cell.matches("th") && cell.textContent.trim() && cell.textContent !== "picture");
  const buttons = heads.map((head, i) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "sort", tabIndex: i ? -1 : 0 });
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sortBy(head));
    return button;
  });
  table.tHead.addEventListener("keydown", (event) => {
    const next = buttons[buttons.indexOf(document.activeElement) + ({ ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? NaN)];
    if (!next) return;
    event.preventDefault();
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  });
}

function tableRows(table) {
  return [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim().replace(/\s+/g, " ")));
}

function addCsv(table, frame, i) {
  const tools = document.createElement("div"), button = document.createElement("button");
  tools.className = "tools";
  Object.assign(button, { type: "button", className: "quiet", textContent: "CSV" });
  button.setAttribute("aria-label", `CSV: download ${frame.getAttribute("aria-label").toLowerCase()}`);
  button.addEventListener("click", () => download(`${frame.closest("section")?.id ?? "report"}-table-${i + 1}.csv`, csv(tableRows(table)), "text/csv;charset=utf-8"));
  tools.append(button);
  frame.after(tools);
}

/* A frame is in the way of Tab while there is something to scroll to. */
function startFrames() {
  const watcher = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth + 1 || target.scrollHeight > target.clientHeight + 1) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  document.querySelectorAll(".scroll, .chart.wide, pre").forEach((frame) => watcher.observe(frame));
}

function startTables() {
  document.querySelectorAll(".scroll > table").forEach((table, i) => {
    if (table.tHead) makeSortable(table);
    if (!table.closest(".list, .part-fold")) addCsv(table, table.parentElement, i);
  });
  startFrames();
}
