// S4: all rows are checked before one is sent. Causes stand first; a cause's rows are put right where they stand.
import { Trouble, get, html, known, number, post, render, rows, say, t, useEffect, useRef, useState } from "./ui.js";

const place = document.getElementById("app");
const draft = known(place, "draft");
const PAGE = 50;

function Rows() {
  const [found, setFound] = useState(null);
  const [causes, setCauses] = useState(null);
  const [chosen, setChosen] = useState(null);
  const [edits, setEdits] = useState({ edits: [], can_make_again: false });
  const [error, setError] = useState(null);
  const [stale, setStale] = useState(false);

  const check = async () => {
    setError(null);
    setFound(null);
    try {
      const forecast = await get(`/api/d/${draft.id}/forecast`);
      const listed = await get(`/api/d/${draft.id}/causes`);
      setFound(forecast);
      setCauses(listed);
      setStale(false);
      setChosen((before) => listed.causes.find((each) => before && each.code === before.code && each.fails === before.fails) || listed.causes.find((each) => each.fails) || null);
      setEdits(await get(`/api/d/${draft.id}/edits`));
      say(t("rows.checked", { rows: rows(forecast.rows_read), failed: number(forecast.failed) }));
    } catch (refused) {
      setError(refused.message);
      // a correction may be what keeps the file from being checked: it can be taken back here
      setEdits(await get(`/api/d/${draft.id}/edits`).catch(() => ({ edits: [], can_make_again: false })));
    }
  };
  useEffect(() => { check(); }, []);

  const edited = async () => {
    setStale(true);
    setEdits(await get(`/api/d/${draft.id}/edits`));
  };
  const move = async (what) => {
    const done = await post(`/api/d/${draft.id}/${what}`);
    if (done.edits.length) {
      say(t(what === "take-back" ? "edits.taken_back" : "edits.made_again", { n: number(done.edits.length) }));
      await edited();
      setChosen((before) => (before ? { ...before } : before));
    }
  };
  useEffect(() => {
    const keys = (event) => {
      if (!(event.ctrlKey || event.metaKey) || ["INPUT", "TEXTAREA"].includes(document.activeElement.tagName)) return;
      if (event.key === "z") { event.preventDefault(); move("take-back"); }
      if (event.key === "y") { event.preventDefault(); move("make-again"); }
    };
    document.addEventListener("keydown", keys);
    return () => document.removeEventListener("keydown", keys);
  }, []);

  if (error) return html`<${Trouble} error=${error} /><${Edits} edits=${edits} move=${(what) => move(what).then(check)} /><p class="onward"><a class="button" href=${`/d/${draft.id}/columns`}>${t("rows.back")}</a></p>`;
  if (!found || !causes) return html`<p role="status">${t("rows.checking")}</p><progress aria-label=${t("rows.checking")}></progress>`;
  return html`
    ${found.doubts.map((doubt) => html`<p class="notice halt">${doubt}</p>`)}
    ${found.overlooked.map((each) => html`<p class="notice halt">${each}</p>`)}
    <section>
      <dl class="counts">
        <div><dt>${t("rows.read")}</dt><dd id="read">${number(found.rows_read)}</dd></div>
        <div class="created"><dt>${t("rows.ready")}</dt><dd id="ready">${number(found.ready)}</dd></div>
        <div class="skipped"><dt>${t("status.skipped")}</dt><dd>${number(found.skipped)}</dd></div>
        <div class="failed"><dt>${t("rows.failing")}</dt><dd id="failing">${number(found.failed)}</dd></div>
      </dl>
      <p class="note">${found.failed ? t("rows.failing_note") : t("rows.all_good")}</p>
      ${stale ? html`<p class="notice halt">${t("rows.stale")} <button type="button" id="again" onClick=${check}>${t("rows.check_again")}</button></p>` : null}
    </section>
    ${causes.causes.length ? html`<section><h2>${t("rows.causes")}</h2>
      ${sums(causes) ? html`<p class="note">${t("rows.several")}</p>` : null}
      <ul class="causes">${causes.causes.map((each) => html`<li><button type="button" aria-pressed=${same(chosen, each) ? "true" : "false"} onClick=${() => setChosen(each)}>
        <b>${number(each.rows)}</b> ${each.title}${each.fails ? null : html` <small>${t("rows.warning")}</small>`}</button></li>`)}</ul>
    </section>` : null}
    ${chosen ? html`<${Cause} key=${chosen.code + chosen.fails} cause=${chosen} header=${causes.header} edited=${edited} version=${edits} />` : null}
    <${Edits} edits=${edits} move=${move} />
    ${found.same_contact.rows ? html`<section><h2>${t("people.title")}</h2><p>${t("people.rows", { rows: rows(found.same_contact.rows), groups: number(found.same_contact.groups) })}</p></section>` : null}
    <p class="onward"><a class="button main" href=${`/d/${draft.id}/people?onward`}>${t("rows.onward")}</a>
      <a class="button" href=${`/d/${draft.id}/columns`}>${t("rows.back")}</a></p>`;
}

const same = (one, other) => Boolean(one && one.code === other.code && one.fails === other.fails);
const sums = (causes) => causes.causes.filter((each) => each.fails).reduce((sum, each) => sum + each.rows, 0) > causes.failing;

function Cause({ cause, header, edited, version }) {
  const [first, setFirst] = useState(0);
  const [page, setPage] = useState([]);
  const [now, setNow] = useState({});
  const [error, setError] = useState(null);
  const load = async () => {
    try {
      const found = await get(`/api/d/${draft.id}/rows?code=${encodeURIComponent(cause.code)}&fails=${cause.fails}&first=${first}&count=${PAGE}`);
      setPage(found.rows);
    } catch (refused) { setError(refused.message); }
  };
  useEffect(() => { load(); }, [first, version]);

  const correct = async (row, column, after) => {
    setError(null);
    try {
      const found = await post(`/api/d/${draft.id}/correct`, { row: row.row, place: column, after });
      setPage((before) => before.map((each) => (each.row === row.row ? { ...each, cells: found.cells } : each)));
      const wrong = (found.becomes.errors || []).map((each) => each.message);
      const sentence = wrong.length ? t("rows.still", { n: row.row, why: wrong.join(" ") }) : found.becomes.skipped ? t("rows.now_skipped", { n: row.row }) : t("rows.now_ready", { n: row.row });
      setNow((before) => ({ ...before, [row.row]: { sentence, ready: !wrong.length } }));
      say(sentence, "said-of-row");
      edited();
    } catch (refused) { setError(refused.message); }
  };

  return html`<section>
    <h2>${cause.title}</h2>
    <p>${cause.mend}</p>
    ${cause.fails ? html`<${Alike} cause=${cause} header=${header} edited=${edited} page=${page} />` : null}
    <${Trouble} error=${error} />
    <${Grid} page=${page} header=${header} cause=${cause} first=${first} now=${now} correct=${correct} />
    <p class="onward" role="group" aria-label=${t("rows.pages")}>
      <button type="button" disabled=${first === 0} onClick=${() => setFirst(0)}>${t("rows.first")}</button>
      <button type="button" disabled=${first === 0} onClick=${() => setFirst(Math.max(0, first - PAGE))}>${t("rows.before")}</button>
      <span>${t("rows.shown", { from: number(Math.min(first + 1, cause.rows)), to: number(Math.min(first + PAGE, cause.rows)), all: number(cause.rows) })}</span>
      <button type="button" disabled=${first + PAGE >= cause.rows} onClick=${() => setFirst(first + PAGE)}>${t("rows.next")}</button>
      <button type="button" disabled=${first + PAGE >= cause.rows} onClick=${() => setFirst(Math.floor((cause.rows - 1) / PAGE) * PAGE)}>${t("rows.last")}</button>
    </p>
  </section>`;
}

// One grid, one tab stop: arrows move, Enter or F2 edits, Escape gives up, Tab leaves.
function Grid({ page, header, cause, first, now, correct }) {
  const [at, setAt] = useState({ row: 0, column: 0 });
  const [editing, setEditing] = useState(null);
  const grid = useRef(null);
  const wanted = useRef(false);
  const width = header.length;

  useEffect(() => {
    if (wanted.current && grid.current) {
      wanted.current = false;
      grid.current.querySelector(editing === null ? "[tabindex='0']" : "input")?.focus();
    }
  });
  const move = (row, column) => {
    const next = { row: Math.max(0, Math.min(page.length - 1, row)), column: Math.max(0, Math.min(width - 1, column)) };
    wanted.current = true;
    setAt(next);
    const fault = page[next.row] && page[next.row].faults.find((each) => each.column === header[next.column]);
    if (fault) say(fault.message);
  };
  const save = () => {
    const row = page[at.row];
    wanted.current = true;
    setEditing(null);
    if (row && editing !== row.cells[at.column]) correct(row, at.column, editing);
    move(at.row + 1, at.column);
  };
  const keys = (event) => {
    if (editing !== null) {
      if (event.key === "Enter") { event.preventDefault(); save(); }
      if (event.key === "Escape") { event.preventDefault(); wanted.current = true; setEditing(null); }
      return;
    }
    const moves = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1], PageDown: [10, 0], PageUp: [-10, 0] };
    if (moves[event.key]) { event.preventDefault(); move(at.row + moves[event.key][0], at.column + moves[event.key][1]); }
    if (event.key === "Home") { event.preventDefault(); move(event.ctrlKey ? 0 : at.row, 0); }
    if (event.key === "End") { event.preventDefault(); move(event.ctrlKey ? page.length - 1 : at.row, width - 1); }
    if (["Enter", "F2"].includes(event.key) && page[at.row] && page[at.row].cells.length <= width) { event.preventDefault(); wanted.current = true; setEditing(page[at.row].cells[at.column] || ""); }
  };
  if (!page.length) return html`<p role="status">${t("rows.loading")}</p>`;
  return html`<div class="scroll"><table role="grid" class="grid" ref=${grid} onKeyDown=${keys} aria-label=${cause.title} aria-rowcount=${cause.rows + 1} aria-colcount=${width + 1}>
    <thead><tr role="row" aria-rowindex="1"><th role="columnheader" scope="col" class="n">${t("file.row")}</th>
      ${header.map((name) => html`<th role="columnheader" scope="col" class=${cause.columns[name] ? "concerned" : null}>${name || "\u2014"}</th>`)}</tr></thead>
    <tbody>${page.map((row, y) => html`<tr role="row" key=${row.row} aria-rowindex=${first + y + 2}>
      <th role="rowheader" scope="row" class=${"n " + (now[row.row] ? (now[row.row].ready ? "ready" : "failing") : cause.fails ? "failing" : "")}>${row.row}
        ${now[row.row] ? html`<small class="verdict">${now[row.row].sentence}</small>` : row.faults.filter((fault) => !fault.column).map((fault) => html`<small class="verdict">${fault.message}</small>`)}</th>
      ${header.map((name, x) => {
        const here = at.row === y && at.column === x;
        const fault = row.faults.find((each) => each.column === name);
        if (here && editing !== null) return html`<td role="gridcell"><input type="text" class="value" aria-label=${t("rows.cell_of", { name, n: row.row })} value=${editing} onInput=${(event) => setEditing(event.target.value)} onBlur=${() => setEditing(null)} /></td>`;
        return html`<td role="gridcell" tabindex=${here ? "0" : "-1"} class=${fault && !(now[row.row] && now[row.row].ready) ? "failing" : null} onClick=${() => move(y, x)}
          onDblClick=${() => { move(y, x); setEditing(row.cells[x] || ""); }}><span class="value cell">${row.cells[x] ?? ""}</span>${fault ? html`<small class="verdict">${fault.message}</small>` : null}</td>`;
      })}</tr>`)}</tbody></table></div>`;
}

function Alike({ cause, header, edited, page }) {
  const named = Object.keys(cause.columns);
  const [column, setColumn] = useState(named[0] || "");
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [count, setCount] = useState(null);
  const at = header.indexOf(column);
  useEffect(() => { if (page.length && at >= 0 && !old) setOld(page[0].cells[at] || ""); }, [page]);
  if (!named.length) return null;
  const ask = async (only) => {
    const found = await post(`/api/d/${draft.id}/correct-alike`, { code: cause.code, place: at, old, new: fresh, count: only });
    setCount(found.rows);
    if (!only) { say(t("alike.done", { rows: rows(found.rows) })); edited(); }
  };
  return html`<details class="alike"><summary>${t("alike.title")}</summary>
    <p class="note">${t("alike.note")}</p>
    <div class="chips">
      <label>${t("alike.column")}<select value=${column} onChange=${(event) => { setColumn(event.target.value); setCount(null); }}>${named.map((name) => html`<option value=${name} selected=${name === column}>${name}</option>`)}</select></label>
      <label>${t("alike.old")}<input type="text" class="value" value=${old} onInput=${(event) => { setOld(event.target.value); setCount(null); }} /></label>
      <label>${t("alike.new")}<input type="text" class="value" value=${fresh} onInput=${(event) => setFresh(event.target.value)} /></label>
    </div>
    <p class="onward"><button type="button" onClick=${() => ask(true)}>${t("alike.count")}</button>
      ${count === null ? null : html`<span>${t("alike.found", { rows: rows(count) })}</span> <button type="button" disabled=${!count || old === fresh} onClick=${() => ask(false)}>${t("alike.do", { rows: rows(count) })}</button>`}</p>
  </details>`;
}

function Edits({ edits, move }) {
  if (!edits.edits.length && !edits.can_make_again) return null;
  return html`<section><h2>${t("edits.title")}</h2>
    <p class="onward"><button type="button" id="take-back" disabled=${!edits.edits.length} onClick=${() => move("take-back")}>${t("edits.take_back")}</button>
      <button type="button" disabled=${!edits.can_make_again} onClick=${() => move("make-again")}>${t("edits.make_again")}</button>
      <a class="button" href=${`/d/${draft.id}/corrections.jsonl`}>${t("edits.download")}</a></p>
    <ul class="plain">${edits.edits.slice(0, 10).map((each) => html`<li>${t("rows.row", { n: each.row })} <b>${each.column}</b>: <span class="value">${each.before || t("columns.blank")}</span> ${"\u2192"} <span class="value">${each.after || t("columns.blank")}</span></li>`)}</ul>
  </section>`;
}

render(html`<${Rows} />`, place);
