/* The lists of images: a filter over each row's text, and the rows that pass as CSV. */
function listRows(list) {
  return [...list.querySelectorAll("tbody tr")];
}

function filterList(list) {
  const words = list.querySelector("input").value.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = listRows(list);
  for (const row of rows) row.hidden = !words.every((word) => listCells(row).join(" ").toLowerCase().includes(word));
  const shown = rows.filter((row) => !row.hidden).length;
  list.querySelector("[role=status]").textContent = shown === rows.length ? "" : `${shown} of ${rows.length}`;
}

/* What a row says, but for its picture and its mark. */
function listCells(row) {
  return [...row.cells].slice(1).filter((cell) => cell.className !== "mark").map((cell) => cell.textContent);
}

/* What is folded opens for whoever is sent there. */
function openList() {
  const list = document.getElementById(location.hash.slice(1));
  if (!list || !list.matches("details.list")) return;
  list.open = true;
  list.scrollIntoView();
}

function startLists() {
  for (const list of document.querySelectorAll("details.list")) {
    list.querySelector("input").addEventListener("input", () => filterList(list));
    list.querySelector("[data-list=csv]").addEventListener("click", () => {
      const shown = listRows(list).filter((row) => !row.hidden);
      download(`${list.id}.csv`, csv([list.querySelector("thead tr"), ...shown].map(listCells)), "text/csv;charset=utf-8");
    });
  }
  addEventListener("hashchange", openList);
  // The address may be there already, and no hash change comes of it.
  document.addEventListener("click", (event) => { if (event.target.closest('a[href^="#next-"]')) setTimeout(openList); });
  openList();
}
