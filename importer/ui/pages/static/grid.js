// One ARIA grid in one tab stop over any number of rows: the page holds what is seen of them, the server the rest.
import { t } from "./ui.js";

const ROW = 36;
// Higher elements collapse (Firefox at 17.9 million px): behind it the bar stands for rows, and wheel and keys move by rows.
const HIGHEST = 8_000_000;
const PAGE = 100;
const PAGES_KEPT = 8;
const AROUND = 2;
const CALM_MS = 40;
const NARROWEST = 96;
const WIDEST = 288;
const ROW_HEADER = 92;
const BLANK = "\u2014";
const LONG = 60;

const make = (name, role, className = "") => {
  const made = document.createElement(name);
  if (role) made.setAttribute("role", role);
  if (className) made.className = className;
  return made;
};
const clamp = (value, least, most) => Math.max(least, Math.min(most, value));

export class Grid {
  // columns: [{ name, marked }]. load(first, count) gives rows; whole(row, x) all of a cell's text; save(row, x, text) the
  // row as it then is; moved(row, x, focused) is told where the person is. Rows count from 0, and x from -1, the row's own number.
  constructor(place, { label, columns, count, load, whole, save, moved }) {
    Object.assign(this, { columns, count, load, whole, save, moved });
    this.pages = new Map();
    this.shown = new Map();
    this.at = { n: 0, x: 0 };
    this.top = 0;
    this.editing = null;
    this.height = count * ROW;
    this.scaled = this.height > HIGHEST;
    this.measure([]);
    this.build(place, label);
    this.listen();
    this.draw();
  }

  destroy() {
    clearTimeout(this.calm);
    cancelAnimationFrame(this.frame);
    this.watcher.disconnect();
    this.scroller.remove();
    this.gone = true;
  }

  // Layout

  measure(rows) {
    this.lefts = [ROW_HEADER];
    this.columns.forEach((column, x) => {
      const longest = Math.max(column.name.length, ...rows.map((row) => (row.cells[x] || "").length));
      this.lefts.push(this.lefts[x] + clamp(longest * 8.5 + 26, NARROWEST, WIDEST));
    });
    this.width = this.lefts[this.columns.length];
    this.measured = rows.length > 0;
  }

  build(place, label) {
    this.scroller = make("div", "grid", "grid");
    this.scroller.setAttribute("aria-label", label);
    this.scroller.setAttribute("aria-describedby", "grid-keys");
    this.scroller.setAttribute("aria-rowcount", this.count + 1);
    this.scroller.setAttribute("aria-colcount", this.columns.length + 1);
    const head = make("div", "rowgroup", "grid-head");
    this.head = make("div", "row", "grid-row");
    this.head.setAttribute("aria-rowindex", 1);
    head.append(this.head);
    this.body = make("div", "rowgroup", "grid-body");
    this.scroller.append(head, this.body);
    place.append(this.scroller);
    this.resize();
  }

  resize() {
    this.body.style.height = `${Math.min(this.height, HIGHEST)}px`;
    for (const part of [this.head, this.body]) part.style.width = `${this.width}px`;
    const names = [t("file.row"), ...this.columns.map((column) => column.name || BLANK)];
    this.headers = new Map();
    this.head.replaceChildren();
    this.names = names;
    for (const row of this.shown.values()) row.remove();
    this.shown.clear();
  }

  get view() { return Math.max(ROW, this.scroller.clientHeight - ROW); }
  get seen() { return this.view / ROW; }
  get last() { return Math.max(0, this.count - this.seen); }

  // Moving

  listen() {
    this.scroller.addEventListener("scroll", () => {
      if (this.scaled && Math.abs(this.scroller.scrollTop - this.expected) > 1) {
        this.top = (this.scroller.scrollTop / (HIGHEST - this.view)) * this.last;
        this.expected = this.scroller.scrollTop;
      }
      this.drawSoon();
    }, { passive: true });
    this.scroller.addEventListener("wheel", (event) => {
      if (!this.scaled || event.ctrlKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
      event.preventDefault();
      this.scrollTo(this.top + (event.deltaMode ? event.deltaY * (event.deltaMode === 2 ? this.seen : 1) : event.deltaY / ROW));
    }, { passive: false });
    this.scroller.addEventListener("keydown", (event) => this.press(event));
    this.scroller.addEventListener("click", (event) => {
      const cell = event.target.closest("[data-x]");
      if (cell && !this.editing) this.go(Number(cell.parentElement.dataset.n), Number(cell.dataset.x));
    });
    this.scroller.addEventListener("dblclick", (event) => { if (event.target.closest("[data-x]") && !this.editing) this.edit(); });
    this.scroller.addEventListener("focusin", (event) => { if (event.target.dataset.x !== undefined) this.tell(true); });
    this.watcher = new ResizeObserver(() => this.drawSoon());
    this.watcher.observe(this.scroller);
  }

  scrollTo(top) {
    this.top = clamp(top, 0, this.last);
    this.expected = this.scaled ? (this.last ? (this.top / this.last) * (HIGHEST - this.view) : 0) : this.top * ROW;
    this.scroller.scrollTop = this.expected;
    this.expected = this.scroller.scrollTop;
    this.draw();
  }

  press(event) {
    if (this.editing) return;
    const { n, x } = this.at;
    const page = Math.max(1, Math.floor(this.seen) - 1);
    const last = this.columns.length - 1;
    const to = {
      ArrowDown: [n + 1, x], ArrowUp: [n - 1, x], ArrowRight: [n, x + 1], ArrowLeft: [n, x - 1], PageDown: [n + page, x], PageUp: [n - page, x],
      Home: [event.ctrlKey ? 0 : n, -1], End: [event.ctrlKey ? this.count - 1 : n, last],
    }[event.key];
    if (to) { event.preventDefault(); this.go(...to); }
    if (event.key === "Enter" || event.key === "F2") { event.preventDefault(); this.edit(); }
  }

  go(n, x) {
    this.at = { n: clamp(n, 0, this.count - 1), x: clamp(x, -1, this.columns.length - 1) };
    this.reveal();
    this.cellAt()?.focus({ preventScroll: true });
    this.scroller.scrollIntoView({ block: "nearest" }); // whoever comes back from further down sees where they are
    this.tell(true);
  }

  reveal() {
    const { n, x } = this.at;
    const top = this.scaled ? this.top : this.scroller.scrollTop / ROW;
    if (x >= 0) {
      const room = this.scroller.clientWidth - ROW_HEADER;
      const left = this.lefts[x] - ROW_HEADER;
      const right = this.lefts[x + 1] - ROW_HEADER;
      if (left < this.scroller.scrollLeft) this.scroller.scrollLeft = left;
      else if (right > this.scroller.scrollLeft + room) this.scroller.scrollLeft = Math.min(left, right - room);
    }
    if (n < top) this.scrollTo(n);
    else if (n + 1 > top + this.seen) this.scrollTo(n + 1 - this.seen);
    else this.draw();
  }

  tell(focused) { this.moved(this.row(this.at.n), this.at.x, focused); }

  // Rows

  row(n) { return this.pages.get(Math.floor(n / PAGE))?.[n % PAGE] || null; }

  put(row) {
    for (const rows of this.pages.values()) {
      const index = rows.findIndex((each) => each.row === row.row);
      if (index >= 0) rows[index] = { ...rows[index], ...row };
    }
    this.draw(true);
  }

  refresh() {
    this.pages.clear();
    this.draw();
  }

  async fetch(pages) {
    for (const page of pages) {
      if (this.loading?.has(page)) continue;
      (this.loading ||= new Set()).add(page);
      const rows = await this.load(page * PAGE, PAGE).catch(() => null);
      this.loading.delete(page);
      if (this.gone) return;
      if (!rows) continue;
      this.pages.delete(page);
      this.pages.set(page, rows);
      while (this.pages.size > PAGES_KEPT) this.pages.delete(this.pages.keys().next().value);
      const focused = this.scroller.contains(document.activeElement);
      // Whoever comes in by Tab stands on what is wrong.
      if (!this.measured && !focused && this.at.n === 0) this.at.x = rows[0]?.faults.find((fault) => fault.place !== null)?.place ?? -1;
      if (!this.measured) { this.measure(rows.slice(0, 40)); this.resize(); }
      this.draw(true);
      if (focused && !this.scroller.contains(document.activeElement)) this.cellAt()?.focus({ preventScroll: true });
      if (Math.floor(this.at.n / PAGE) === page) this.tell(focused);
    }
  }

  // Drawing

  drawSoon() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => { this.frame = 0; this.draw(); });
  }

  draw(anew = false) {
    if (this.gone) return;
    if (!this.scaled) this.top = this.scroller.scrollTop / ROW;
    const first = Math.max(0, Math.floor(this.top) - AROUND);
    const behind = Math.min(this.count, Math.ceil(this.top + this.seen) + AROUND);
    const columns = this.columnsSeen();
    this.drawHead(columns);
    const wanted = new Set([this.at.n]);
    for (let n = first; n < behind; n += 1) wanted.add(n);
    for (const [n, row] of this.shown) if (!wanted.has(n)) { row.remove(); this.shown.delete(n); }
    const missing = new Set();
    let before = null;
    for (const n of [...wanted].filter((each) => each < this.count).sort((one, other) => one - other)) {
      const row = this.shown.get(n) || this.begin(n, before);
      row.style.transform = `translateY(${this.y(n)}px)`;
      this.fill(row, n, columns, anew);
      if (!this.row(n)) missing.add(Math.floor(n / PAGE));
      before = row;
    }
    clearTimeout(this.calm);
    if (missing.size) this.calm = setTimeout(() => this.fetch(missing), this.pages.size ? CALM_MS : 0);
  }

  y(n) {
    if (!this.scaled) return n * ROW;
    return this.scroller.scrollTop + clamp((n - this.top) * ROW, -9 * ROW, this.view + 9 * ROW);
  }

  columnsSeen() {
    const from = this.scroller.scrollLeft + ROW_HEADER;
    const to = this.scroller.scrollLeft + this.scroller.clientWidth;
    const seen = new Set([-1]);
    this.columns.forEach((_, x) => { if ((this.lefts[x + 1] > from && this.lefts[x] < to) || x === this.at.x) seen.add(x); });
    return seen;
  }

  drawHead(columns) {
    this.arrange(this.head, this.headers, columns, (x) => {
      const cell = make("div", "columnheader", "grid-cell");
      cell.textContent = this.names[x + 1];
      if (x >= 0 && this.columns[x].marked) cell.classList.add("concerned");
      return cell;
    });
  }

  // Cells stay where they are in the page: one that is moved would lose the focus.
  arrange(row, cells, columns, build) {
    for (const [x, cell] of cells) if (!columns.has(x)) { cell.remove(); cells.delete(x); }
    let before = null;
    for (const x of [...columns].sort((one, other) => one - other)) {
      let cell = cells.get(x);
      if (!cell) {
        cell = build(x);
        cell.setAttribute("aria-colindex", x + 2);
        if (x >= 0) { cell.style.left = `${this.lefts[x]}px`; cell.style.width = `${this.lefts[x + 1] - this.lefts[x]}px`; }
        else cell.style.width = `${ROW_HEADER}px`;
        cells.set(x, cell);
        if (before) before.after(cell); else row.prepend(cell);
      }
      before = cell;
    }
  }

  begin(n, before) {
    const row = make("div", "row", "grid-row");
    row.setAttribute("aria-rowindex", n + 2);
    row.dataset.n = n;
    row.cells = new Map();
    this.shown.set(n, row);
    if (before) before.after(row); else this.body.prepend(row);
    return row;
  }

  fill(row, n, columns, anew) {
    const data = this.row(n);
    this.arrange(row, row.cells, columns, (x) => {
      const cell = make("div", x < 0 ? "rowheader" : "gridcell", x < 0 ? "grid-cell number" : "grid-cell");
      cell.dataset.x = x;
      return cell;
    });
    for (const [x, cell] of row.cells) {
      const here = n === this.at.n && x === this.at.x;
      const tabindex = here ? "0" : "-1";
      if (cell.getAttribute("tabindex") !== tabindex) cell.setAttribute("tabindex", tabindex);
      if (cell.data === data && !anew) continue;
      cell.data = data;
      if (!(this.editing && here)) this.write(cell, data, x);
    }
  }

  write(cell, data, x) {
    const faults = data ? data.faults.filter((fault) => fault.fails && fault.place === (x < 0 ? null : x)) : [];
    const state = !data ? "" : data.judged && data.status !== "failed" ? "ready" : data.status === "failed" ? "failing" : "";
    if (x < 0) {
      cell.textContent = data ? data.row : "\u2026";
      const mark = { ready: "\u2713", failing: "!" }[state];
      if (mark) { const sign = make("span", "", "sign"); sign.textContent = mark; sign.setAttribute("aria-label", t(state === "ready" ? "grid.ready" : "grid.failing")); sign.setAttribute("role", "img"); cell.append(sign); }
      cell.className = `grid-cell number ${state}`;
      return;
    }
    // A cell's own span stays: one that is replaced between the pressing and the letting go of a button is not clicked.
    let text = cell.firstElementChild;
    if (!text || !text.classList.contains("value") || text.tagName !== "SPAN") {
      text = make("span", "", "value");
      text.dir = "auto";
      cell.replaceChildren(text);
    }
    const said = data ? data.cells[x] ?? "" : "\u2026";
    if (text.textContent !== said) text.textContent = said;
    const warned = data && data.faults.some((fault) => !fault.fails && fault.place === x);
    cell.className = `grid-cell${faults.length ? " failing" : warned ? " warned" : ""}${data && data.edited.includes(x) ? " edited" : ""}`;
    if (faults.length) cell.setAttribute("aria-invalid", "true"); else cell.removeAttribute("aria-invalid");
  }

  cellAt() { return this.shown.get(this.at.n)?.cells.get(this.at.x); }

  // Editing

  async edit() {
    const { n, x } = this.at;
    const row = this.row(n);
    if (!row || this.editing) return;
    if (x < 0 || row.ragged) { this.moved(row, x, true, true); return; }
    const text = row.cut.includes(x) ? await this.whole(row, x) : row.cells[x] ?? "";
    const cell = this.cellAt();
    if (!cell || this.at.n !== n || this.at.x !== x) return;
    const input = make("textarea", "", "grid-input value");
    input.value = text;
    input.rows = text.length > LONG || text.includes("\n") ? 6 : 1;
    input.spellcheck = false;
    input.setAttribute("aria-label", t("rows.cell_of", { name: this.columns[x].name || BLANK, n: row.row }));
    this.editing = { row, x, input, was: input.value };
    cell.classList.add("editing");
    if (input.rows > 1 && this.y(n) - this.scroller.scrollTop > this.view / 2) input.classList.add("upward");
    cell.replaceChildren(input);
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); this.leave(false); this.go(n, x); }
      if (event.key === "Enter" && !event.shiftKey && !event.altKey) { event.preventDefault(); event.stopPropagation(); this.leave(true); this.go(n + 1, x); }
    });
    input.addEventListener("blur", () => this.leave(true));
    input.focus();
    input.setSelectionRange(text.length, text.length);
  }

  async leave(keep) {
    if (!this.editing) return;
    const { row, x, input, was } = this.editing;
    this.editing = null;
    this.draw(true);
    if (!keep || input.value === was) return;
    const now = await this.save(row, x, input.value);
    if (now && !this.gone) this.put(now);
  }
}
