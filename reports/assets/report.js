// Filters, sorts and pages the tables of a report and draws its charts. Text of records is only ever set as text.
"use strict";
const kPageRows = 100;
const kTones = { g: "good", b: "bad", n: "neutral", w: "warning" };
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const store = document.getElementById("rows") ? read("rows") : { texts: [], tables: [] };

const element = (tag, properties, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};
const compare = (a, b) => {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return a.localeCompare(b, undefined, { numeric: true });
};
const quoted = (text) => (/^[\w\-./=:,@%+]+$/.test(text) ? text : "'" + text.replaceAll("'", "'\\''") + "'");

// A table whose rows stand in the page.
class ShortTable {
  constructor(box) {
    this.body = box.querySelector("tbody");
    this.rows = Array.from(this.body.rows);
  }
  get count() { return this.rows.length; }
  key(row, column) {
    const cell = this.rows[row].cells[column];
    return cell.hasAttribute("data-v") ? Number(cell.getAttribute("data-v")) : cell.textContent;
  }
  text(row) { return this.rows[row].textContent; }
  show(order) { this.body.replaceChildren(...order.map((row) => this.rows[row])); }
}

// A table of which only one page is in the page at a time.
class LongTable {
  constructor(box, data) {
    this.body = box.querySelector("tbody");
    this.data = data;
    this.numeric = Array.from(box.querySelectorAll("th"), (head) => head.classList.contains("n"));
    this.first = 0;
    this.order = Array.from({ length: data.rows }, (_, row) => row);
    this.back = element("button", { type: "button", textContent: "Earlier" });
    this.next = element("button", { type: "button", textContent: "Later" });
    this.place = element("output");
    this.back.addEventListener("click", () => this.turn(-kPageRows));
    this.next.addEventListener("click", () => this.turn(kPageRows));
    box.append(element("p", { className: "pager" }, this.back, " ", this.place, " ", this.next));
    this.draw();
  }
  get count() { return this.data.rows; }
  cell(row, column) {
    const text = store.texts[this.data.columns[column].t[row]];
    return this.data.columns[column].case ? "hetscope run --case " + quoted(text) + " --out DIR" : text;
  }
  key(row, column) {
    const value = this.data.columns[column].v?.[row];
    return value ?? store.texts[this.data.columns[column].t[row]];
  }
  text(row) { return this.data.columns.map((_, column) => this.cell(row, column)).join(" "); }
  show(order) {
    this.order = order;
    this.first = 0;
    this.draw();
  }
  turn(by) {
    this.first += by;
    this.draw();
  }
  draw() {
    const last = Math.min(this.first + kPageRows, this.order.length);
    this.body.replaceChildren(...this.order.slice(this.first, last).map((row) => this.line(row)));
    this.place.textContent = this.order.length ? `${this.first + 1} to ${last} of ${this.order.length} rows` : "no row";
    this.back.disabled = this.first === 0;
    this.next.disabled = last === this.order.length;
    this.body.closest(".scroll").scrollTop = 0;
  }
  line(row) {
    return element("tr", {}, ...this.data.columns.map((column, index) => {
      const text = this.cell(row, index);
      const cell = element("td", { className: this.numeric[index] ? "n" : text.length > 36 ? "w" : "" });
      const tone = kTones[column.c?.[row]];
      const inside = column.code ? element("code", { textContent: text }) : text;
      cell.append(tone ? element("span", { className: "tag " + tone }, inside) : inside);
      return cell;
    }));
  }
}

const equip = (box) => {
  const number = box.getAttribute("data-rows");
  const table = number === null ? new ShortTable(box) : new LongTable(box, store.tables[Number(number)]);
  if (table.count < 2) return;
  const all = Array.from({ length: table.count }, (_, row) => row);
  let sorted = all;
  let kept = null;  // rows that the filter lets pass
  let texts = null;
  const update = () => table.show(kept ? sorted.filter((row) => kept.has(row)) : sorted);
  const heads = Array.from(box.querySelectorAll("th"));
  heads.forEach((head, column) => {
    const button = element("button", { type: "button", textContent: head.textContent });
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const descending = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const sign = descending ? -1 : 1;
      const keys = all.map((row) => table.key(row, column));
      sorted = all.slice().sort((a, b) => sign * compare(keys[a], keys[b]) || a - b);
      update();
    });
  });
  const filter = box.querySelector(".filter");
  if (!filter) return;
  filter.hidden = false;
  const input = filter.querySelector("input");
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    texts = texts ?? all.map((row) => table.text(row).toLowerCase());
    kept = words.length ? new Set(all.filter((row) => words.every((word) => texts[row].includes(word)))) : null;
    filter.querySelector("output").textContent = kept ? `${kept.size} of ${table.count}` : "";
    update();
  });
};
for (const box of document.querySelectorAll(".table:not(.facts)")) {
  const parent = box.closest("details:not([open])");
  if (!parent) equip(box);
  else parent.addEventListener("toggle", () => equip(box), { once: true });
}

// Charts are drawn when they come near the window. Expressions are interpreted, so that the page needs no eval.
const charts = document.getElementById("charts") && globalThis.vegaEmbed ? read("charts") : null;
const theme = {
  background: "transparent", font: "system-ui, sans-serif", view: { stroke: null },
  axis: { labelColor: "var(--soft)", titleColor: "var(--soft)", gridColor: "var(--line)", domainColor: "var(--line)",
    tickColor: "var(--line)", titleFontWeight: "normal", labelFontSize: 11, labelOverlap: true },
  legend: { labelColor: "var(--ink)", titleColor: "var(--soft)", symbolStrokeColor: "var(--soft)", labelLimit: 320, orient: "bottom",
    columns: 1, titleFontWeight: "normal" },
  range: { category: [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `var(--series-${number})`) },
};
const draw = async (place) => {
  const spec = charts[Number(place.getAttribute("data-chart"))];
  const width = place.clientWidth;
  const config = { ...theme, axisY: { labelLimit: Math.max(90, Math.round(width * 0.45)) } };
  try {
    await vegaEmbed(place, spec, { ast: true, actions: false, renderer: "svg", defaultStyle: false, config,
      tooltip: { disableDefaultStyle: true } });
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", place.closest("figure").querySelector("figcaption").textContent);
    place.dataset.drawn = "yes";
  } catch (fault) {
    place.textContent = "This chart could not be drawn: " + fault.message;
    console.error(fault);
  }
};
if (charts) {
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting || entry.target.clientWidth === 0) continue;
      watcher.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: "600px" });
  for (const place of document.querySelectorAll(".drawing")) {
    // Those of the sheets may be printed before anybody scrolls to them.
    if (place.closest(".sheet")) draw(place);
    else watcher.observe(place);
  }
}
document.documentElement.dataset.ready = "yes";
