/* Search over headings, captions and text, in the page itself. */
const MOST_FOUND = 100;
let entries = null;

function makeEntries() {
  const found = [];
  for (const part of document.querySelectorAll("header[id], section[id]")) {
    const heading = part.querySelector("h1, h2, h3");
    found.push({ id: part.id, kind: 0, title: heading.textContent, text: "" });
    for (const prose of part.querySelectorAll(":scope > .prose, :scope > .scroll, :scope > .data, :scope > .lede, :scope > .headlines li, :scope .box li, :scope > .aside, :scope > .map-text")) {
      found.push({ id: part.id, kind: 2, title: heading.textContent, text: prose.textContent.replace(/\s+/g, " ").trim() });
    }
  }
  for (const fold of document.querySelectorAll("details.more")) {
    const text = [...fold.querySelectorAll(":scope > .prose, :scope > .scroll")].map((part) => part.textContent).join(" ");
    found.push({ id: fold.id, kind: 2, title: fold.firstElementChild.textContent, text: text.replace(/\s+/g, " ").trim() });
  }
  for (const figure of document.querySelectorAll("figure[id]")) {
    const title = figure.querySelector(".figure-title span:not(.number)").textContent;
    const number = figure.querySelector(".number").textContent;
    found.push({ id: figure.id, kind: 1, title: `${number} ${title}`, text: figure.querySelector("figcaption").textContent.replace(/\s+/g, " ") });
  }
  return found;
}

/* A word is found at the beginning of words, not inside them; a pattern for each. */
function patternsOf(query) {
  return query.split(/\s+/).filter(Boolean).map((word) => {
    const before = /^[\p{L}\p{N}]/u.test(word) ? "(?<![\\p{L}\\p{N}])" : "";
    return new RegExp(before + word.replace(/[\^$\\.*+?()[\]{}|/]/g, "\\$&"), "giu");
  });
}

/* Where the words stand in a text, as [start, length], none over another. */
function hitsOf(text, patterns) {
  let end = 0;
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((hit) => [hit.index, hit[0].length]))
    .sort((a, b) => a[0] - b[0] || b[1] - a[1])
    .filter(([start, length]) => start >= end && (end = start + length));
}

function matches(patterns) {
  entries = entries || makeEntries();
  const scored = [];
  for (const entry of entries) {
    const all = entry.title + " " + entry.text;
    if (!patterns.every((pattern) => all.search(pattern) >= 0)) continue;
    const inTitle = patterns.every((pattern) => entry.title.search(pattern) >= 0);
    if (entry.kind === 2 && inTitle && !patterns.some((pattern) => entry.text.search(pattern) >= 0)) continue;
    scored.push({ entry, rank: (inTitle ? 0 : 3) + entry.kind });
  }
  return scored.sort((a, b) => a.rank - b.rank).map((one) => one.entry);
}

/* Text with the words found in it marked; text from data stays text. */
function marked(text, patterns) {
  const place = document.createDocumentFragment();
  let at = 0;
  for (const [start, length] of hitsOf(text, patterns)) {
    const mark = document.createElement("mark");
    mark.textContent = text.slice(start, start + length);
    place.append(text.slice(at, start), mark);
    at = start + length;
  }
  place.append(text.slice(at));
  return place;
}

function snippet(text, patterns) {
  const [first] = hitsOf(text, patterns);
  if (!first) return text.slice(0, 110) + (text.length > 110 ? " …" : "");
  const from = Math.max(0, text.lastIndexOf(" ", Math.max(0, first[0] - 40)));
  return (from ? "… " : "") + text.slice(from, from + 130).trim() + (text.length > from + 130 ? " …" : "");
}

function resultItem(entry, patterns) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = "#" + entry.id;
  const title = document.createElement("b");
  title.append(marked(entry.title, patterns));
  link.append(title);
  if (entry.text) {
    const said = document.createElement("span");
    said.append(marked(snippet(entry.text, patterns), patterns));
    link.append(said);
  }
  item.append(link);
  return item;
}

/* Where words stand in a part of the page, but for what is never shown. */
function rangesOf(part, patterns) {
  const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT), ranges = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.parentElement.checkVisibility() || node.parentElement.closest("script, .tools, .code")) continue;
    for (const [start, length] of hitsOf(node.data, patterns)) {
      const range = document.createRange();
      range.setStart(node, start);
      range.setEnd(node, start + length);
      ranges.push(range);
    }
  }
  return ranges;
}

/* What was sought is marked where it was found; the page's text stays as it is. */
function markFound(id, patterns) {
  if (!window.Highlight) return;
  const part = document.getElementById(id);
  const ranges = part ? rangesOf(part, patterns) : [];
  CSS.highlights.set("found", new Highlight(...ranges));
  const box = ranges[0]?.getBoundingClientRect();
  if (box && (box.bottom > innerHeight || box.top < 0)) ranges[0].startContainer.parentElement.scrollIntoView({ block: "center" });
}

function startSearch() {
  const field = document.getElementById("search");
  const list = document.querySelector(".search ol");
  const said = document.querySelector(".search p");
  const show = () => {
    const query = field.value.trim();
    const patterns = patternsOf(query);
    const found = query ? matches(patterns) : [];
    list.replaceChildren(...found.slice(0, MOST_FOUND).map((entry) => resultItem(entry, patterns)));
    if (!query && window.Highlight) CSS.highlights.delete("found");
    said.textContent = !query ? "" : found.length > MOST_FOUND ? `${MOST_FOUND} of ${found.length} places` :
      found.length === 1 ? "1 place" : `${found.length || "no"} places`;
  };
  field.addEventListener("input", show);
  // On a narrow screen the results lie over the page, and go when one has been chosen.
  const links = () => [...list.querySelectorAll("a")];
  list.addEventListener("click", (event) => {
    const link = event.target.closest("a"), patterns = patternsOf(field.value);
    if (!link) return;
    goTo(link);
    if (isNarrow()) { field.value = ""; show(); }
    // After the browser has gone there, and what was folded is open.
    setTimeout(() => markFound(link.hash.slice(1), patterns));
  });
  const goTo = (link) => {
    links().forEach((other) => other.removeAttribute("aria-current"));
    link.setAttribute("aria-current", "true");
    said.textContent = `${links().indexOf(link) + 1} of ${links().length} places`;
    link.scrollIntoView({ block: "nearest" });
  };
  /* Enter in the field goes on to the next place, with Shift to the one before. */
  const step = (by) => {
    const all = links(), at = all.findIndex((link) => link.hasAttribute("aria-current"));
    const next = at < 0 ? 0 : (at + by + all.length) % all.length;
    all[next]?.click();
  };
  document.querySelector(".search").addEventListener("keydown", (event) => {
    const at = links().indexOf(document.activeElement);
    if (event.key === "Escape") { field.value = ""; show(); field.focus(); }
    else if (event.key === "ArrowDown" && links()[at + 1]) { event.preventDefault(); links()[at + 1].focus(); }
    else if (event.key === "ArrowUp" && at >= 0) { event.preventDefault(); (links()[at - 1] || field).focus(); }
    else if (event.key === "Enter" && document.activeElement === field) step(event.shiftKey ? -1 : 1);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.closest("input, select, textarea, [contenteditable]")) return;
    event.preventDefault();
    field.focus();
  });
}
