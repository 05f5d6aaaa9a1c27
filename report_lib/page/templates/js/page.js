/* What the page does by itself: light and dark, contents that follow, links to copy, code, and what differs from run to
   run. Everything here only adds: without it the page can be read. */
function keep(theme) {
  try { localStorage.setItem("image-structure-report-theme", theme); } catch { /* A browser may forbid it to files; the switch works anyway. */ }
}

function kept() {
  try {
    const theme = localStorage.getItem("image-structure-report-theme");
    return ["light", "dark"].includes(theme) ? theme : "";
  } catch {
    return "";
  }
}

function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  document.dispatchEvent(new Event("report:theme"));
}

function startTheme() {
  const chosen = document.documentElement.dataset.theme || "";
  for (const input of document.querySelectorAll(".theme input")) {
    input.checked = input.value === chosen;
    input.addEventListener("change", () => { keep(input.value); setTheme(input.value); });
  }
  dark.addEventListener("change", () => document.dispatchEvent(new Event("report:theme")));
}

function startLinks() {
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a.link");
    if (!link) return;
    try {
      await navigator.clipboard.writeText(link.href);
      toast("Link copied");
    } catch {
      toast("The link is in the address bar");
    }
  });
}

/* What is folded opens for whoever is sent there, by a link, the search or the address. */
function openAround() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const fold = target && target.closest("details.more");
  if (!fold || fold.open) return;
  fold.open = true;
  target.scrollIntoView();
}

function startFolds() {
  addEventListener("hashchange", openAround);
  document.addEventListener("click", (event) => { if (event.target.closest('a[href^="#"]')) setTimeout(openAround); });
  openAround();
}

/* What scrolls by itself can be reached by keyboard, to be scrolled; what has room enough is no stop on the way. */
const narrow = matchMedia("(max-width: 559px)");
function startScrollers() {
  // A chart's contents may be skipped while they are out of view: its rule says when it scrolls.
  const scrolls = (own) => (own.matches(".chart") ? narrow.matches : own.scrollWidth > own.clientWidth || own.scrollHeight > own.clientHeight);
  // All are measured before any is changed, so that the page is laid out once.
  const look = (some) => some.map((own) => [own, scrolls(own) ? 0 : -1]).forEach(([own, stop]) => { if (own.tabIndex !== stop) own.tabIndex = stop; });
  const watcher = new ResizeObserver((entries) => look(entries.map((entry) => entry.target)));
  const all = [...document.querySelectorAll(".scroll[tabindex], .chart.wide, .highlight pre")];
  for (const own of all) watcher.observe(own);
  narrow.addEventListener("change", () => look(all));
}

function startCode() {
  const button = document.getElementById("all-code");
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", open);
    for (const code of document.querySelectorAll("details.code")) code.open = open;
  });
}

/* On a narrow screen the contents lie over the page, and go when they have been used. */
const isNarrow = () => matchMedia("(max-width: 999px)").matches;

function foldContents() {
  const details = document.querySelector(".contents details");
  details.open = !isNarrow();
  details.addEventListener("click", (event) => {
    if (isNarrow() && event.target.closest("a")) details.open = false;
  });
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isNarrow()) return;
    details.open = false;
    details.firstElementChild.focus();
  });
}

function followContents() {
  const nav = document.querySelector(".contents");
  const links = new Map([...nav.querySelectorAll("a")].map((a) => [a.hash.slice(1), a]));
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting || !links.has(entry.target.id)) continue;
      links.forEach((a) => a.removeAttribute("aria-current"));
      const link = links.get(entry.target.id);
      link.setAttribute("aria-current", "true");
      nav.scrollTop = link.offsetTop - nav.clientHeight / 2;
    }
  }, { rootMargin: "-10% 0px -80% 0px" });
  document.querySelectorAll("section[id], header[id]").forEach((part) => watcher.observe(part));
}

function tableRow(name, value) {
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
  for (const place of document.querySelectorAll("[data-provenance=date]")) place.append(facts.started.slice(0, 10));
  const body = document.querySelector("#provenance-table tbody");
  body.append(tableRow("started", facts.started), tableRow("this run", facts.seconds.toFixed(1) + " s" + (facts.taken_over.length ? ", with phases taken from the store" : "")));
  for (const [name, value] of Object.entries(facts.machine)) body.append(tableRow(name, value));
  for (const [phase, sections] of Object.entries(facts.sections)) {
    const seconds = Object.values(sections).reduce((a, b) => a + b, 0);
    const memory = (facts.peak_memory[phase] / 1e9).toFixed(2) + " GB";
    const earlier = facts.taken_over.includes(phase) ? ", when it last ran" : "";
    body.append(tableRow(phase + ", time and memory", seconds.toFixed(1) + " s, " + memory + earlier));
  }
}

/* Times differ from run to run, so the page holds them in one place, and the table of them is made here. */
function fillTimes() {
  const rows = Object.values(read("provenance").times).flat();
  const place = document.querySelector("[data-times]");
  if (!rows.length) return;
  const table = document.createElement("table");
  table.className = "table";
  const head = table.createTHead().insertRow();
  head.insertCell();
  for (const column of ["learn (s)", "apply (s)"]) {
    const th = document.createElement("th");
    th.scope = "col";
    th.textContent = column;
    head.append(th);
  }
  const body = table.createTBody();
  for (const own of rows) {
    const tr = tableRow(own.name, own.fit.toFixed(1));
    tr.insertCell().textContent = (own.encode ?? own.predict)?.toFixed(1) ?? "";
    body.append(tr);
  }
  place.append(table);
  place.classList.add("scroll");
  place.tabIndex = 0;
  place.setAttribute("role", "region");
  place.setAttribute("aria-label", "Times of the methods");
}

/* Colours first, before anything is painted. */
document.documentElement.classList.add("js");
setTheme(kept());
function start() {
  foldContents();
  startTheme();
  startLinks();
  startCode();
  startScrollers();
  startFolds();
  startSearch();
  startDownloads();
  startPaper();
  startLists();
  startMarks();
  fillProvenance();
  fillTimes();
  startTables();
  followContents();
  startCharts();
  startMap();
  document.documentElement.dataset.ready = "yes";
}
document.addEventListener("DOMContentLoaded", () => setTimeout(start));
