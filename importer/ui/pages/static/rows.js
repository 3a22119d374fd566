// S4: all rows are checked before one is sent. Causes stand first; a cause's rows are put right where they stand.
import { Alike } from "./alike.js";
import { Checking, cancelled } from "./checking.js";
import { Corrections, Taking } from "./corrections.js";
import { Grid } from "./grid.js";
import { Repair } from "./repair.js";
import { Trouble, get, html, known, number, post, render, rows, say, t, useEffect, useRef, useState } from "./ui.js";

const place = document.getElementById("app");
const draft = known(place, "draft");
const api = (rest) => `/api/d/${draft.id}/${rest}`;
const nothing = { edits: [], count: 0, can_make_again: false };
const same = (one, other) => Boolean(one && one.code === other.code && one.fails === other.fails);
const parameters = (values) => new URLSearchParams(values).toString();

function Rows() {
  const [standing, setStanding] = useState({ state: "asking" });
  const [found, setFound] = useState(null);
  const [chosen, setChosen] = useState(null);
  const [edits, setEdits] = useState(nothing);
  const [error, setError] = useState(null);
  const [stale, setStale] = useState(false);
  const [moved, setMoved] = useState(0);
  const [checked, setChecked] = useState(0);

  const follow = async (now) => {
    let seen = now;
    while (seen.state === "checking") {
      setStanding(seen);
      seen = await get(api("check?wait=1"));
    }
    if (seen.state === "known") {
      const listed = await get(api("causes"));
      setFound(listed);
      setStale(seen.stale);
      setChosen((before) => listed.causes.find((each) => same(before, each)) || listed.causes.find((each) => each.fails) || null);
      setChecked((count) => count + 1);
      if (!seen.stale) say(t("rows.checked", { rows: rows(listed.read), failed: number(listed.failed) }));
    }
    setStanding(seen);
    // A correction may be what keeps the file from being checked: it can be taken back here.
    setEdits(await get(api("edits")));
  };
  const check = async () => {
    setError(null);
    try {
      await post(api("check"));
      await follow({ state: "checking", phase: "", rows: 0, total: null });
    } catch (refused) { setError(refused.message); }
  };
  useEffect(() => {
    get(api("check?wait=1")).then((now) => (now.state === "none" ? check() : follow(now))).catch((refused) => setError(refused.message));
  }, []);

  const changed = async (overview) => {
    setFound(overview);
    setStale(true);
    setEdits(await get(api("edits")));
  };
  const move = async (what) => {
    try {
      const done = await post(api(what));
      if (!done.rows) return;
      say(t(what === "take-back" ? "edits.taken_back" : "edits.made_again", { rows: rows(done.rows) }));
      setMoved((count) => count + 1);
      await changed(done.overview);
      if (standing.state === "failed") await check();
    } catch (refused) { setError(refused.message); }
  };
  useEffect(() => {
    const keys = (event) => {
      if (!(event.ctrlKey || event.metaKey) || ["INPUT", "TEXTAREA"].includes(document.activeElement.tagName)) return;
      const key = event.key.toLowerCase();
      const what = key === "y" || (key === "z" && event.shiftKey) ? "make-again" : key === "z" ? "take-back" : null;
      if (what) { event.preventDefault(); move(what); }
    };
    document.addEventListener("keydown", keys);
    return () => document.removeEventListener("keydown", keys);
  }, [standing.state]);

  const back = html`<p class="onward"><a class="button" href=${`/d/${draft.id}/columns`}>${t("rows.back")}</a></p>`;
  if (standing.state === "checking") return html`<${Checking} standing=${standing} cancel=${() => cancelled(draft)} />${back}`;
  if (standing.state === "failed" || standing.state === "none") return html`
    <${Trouble} error=${error || standing.error} />
    ${standing.error ? null : html`<p>${t("rows.cancelled")}</p>`}
    <p class="onward"><button type="button" class="main" id="again" onClick=${check}>${t("rows.check_again")}</button></p>
    <${Corrections} edits=${edits} move=${move} header=${null} />${back}`;
  if (!found) return html`<${Trouble} error=${error} />${error ? back : html`<p role="status">${t("rows.looking")}</p>`}`;
  const forecast = standing.found;
  return html`<${Trouble} error=${error} />
    ${[...forecast.doubts, ...forecast.overlooked].map((each) => html`<p class="notice halt">${each}</p>`)}
    <${Counts} found=${found} />
    ${stale ? html`<div class="notice halt" id="stale"><p>${t("rows.stale")}</p><p>${t("rows.only_together")}</p>
      <p class="onward"><button type="button" id="again" onClick=${check}>${t("rows.check_again")}</button></p></div>` : null}
    ${found.causes.length ? html`<div class="work">
      <${Causes} found=${found} chosen=${chosen} choose=${setChosen} />
      ${chosen ? html`<${Cause} key=${`${chosen.code} ${chosen.fails} ${checked}`} moved=${moved} cause=${found.causes.find((each) => same(chosen, each)) || chosen} header=${found.header}
        changed=${changed} anew=${() => setMoved((count) => count + 1)} check=${check} />` : null}
    </div>` : null}
    <${Corrections} edits=${edits} move=${move} header=${found.header} />
    <${Taking} draft=${draft} found=${found} any=${edits.count > 0} changed=${(overview) => { setMoved((count) => count + 1); return changed(overview); }} />
    ${forecast.same_contact.rows ? html`<section><h2>${t("people.title")}</h2><p>${t("people.rows", { rows: rows(forecast.same_contact.rows), groups: number(forecast.same_contact.groups) })}</p></section>` : null}
    <p class="onward"><a class="button main" href=${`/d/${draft.id}/people?onward`}>${t("rows.onward")}</a>
      <a class="button" href=${`/d/${draft.id}/columns`}>${t("rows.back")}</a></p>`;
}

function Counts({ found }) {
  const parts = [["read", found.read, "", t("rows.read")], ["ready", found.ready, "created", t("rows.ready")],
    ["skipped", found.skipped, "skipped", t("status.skipped")], ["failing", found.failed, "failed", t("rows.failing")]];
  return html`<section>
    <dl class="counts">${parts.map(([name, count, tone, label]) => html`<div class=${tone}><dt>${label}</dt><dd id=${name}>${number(count)}</dd></div>`)}</dl>
    <p class="note">${found.failed ? t("rows.failing_note") : t("rows.all_good")}</p>
  </section>`;
}

function Causes({ found, chosen, choose }) {
  const failing = found.causes.filter((each) => each.fails);
  const sum = failing.reduce((total, each) => total + each.rows, 0);
  return html`<section><h2>${t("rows.causes")}</h2>
    ${sum > found.failing ? html`<p class="note" id="several">${t("rows.several", { sum: number(sum), rows: rows(found.failing) })}</p>` : null}
    <ul class="causes">${found.causes.map((each) => html`<li><button type="button" class=${`${each.fails ? "fails" : "warns"}${each.now ? "" : " mended"}`}
        aria-pressed=${same(chosen, each) ? "true" : "false"} onClick=${() => choose(each)}>
      <span>${each.title}</span> <span class="n">${number(each.now)}</span>
      ${each.fails ? null : html`<small>${t("rows.warning")}</small>`}
      ${each.now < each.rows ? html`<small>${t("rows.mended", { n: number(each.rows - each.now) })}</small>` : null}
      ${Object.keys(each.columns).length ? html`<small class="affected">${t("rows.in", { columns: Object.keys(each.columns).join(", ") })}</small>` : null}
    </button></li>`)}</ul>
  </section>`;
}

function Cause({ cause, header, moved, changed, anew, check }) {
  const [spot, setSpot] = useState(null);
  const [error, setError] = useState(null);
  const [repairing, setRepairing] = useState(null);
  const box = useRef(null);
  const grid = useRef(null);

  const kept = async (said) => {
    setError(null);
    try {
      const found = await post(api("correct"), said);
      say(verdict(found.row), "said-of-row");
      changed(found.overview);
      return { ...found.row, judged: true };
    } catch (refused) {
      setError(refused.message);
      return null;
    }
  };
  useEffect(() => {
    const ragged = cause.code === "column_count";
    grid.current = new Grid(box.current, {
      label: cause.title,
      columns: [...header.map((name) => ({ name, marked: Boolean(cause.columns[name]) })), ...(ragged ? [{ name: t("repair.beyond"), marked: true }] : [])],
      count: cause.rows,
      load: async (first, count) => (await get(api(`rows?${parameters({ code: cause.code, fails: cause.fails, first, count })}`))).rows,
      whole: async (row, x) => (await get(api(`cells?row=${row.row}`))).cells[x],
      save: (row, x, text) => kept({ row: row.row, place: x, after: text }),
      moved: (row, x, focused, wanted) => {
        setSpot(row ? { row, x } : null);
        if (row && focused) announce(row, x);
        if (row && wanted && row.ragged) setRepairing(row.row);
      },
    });
    return () => grid.current.destroy();
  }, []);
  // The rows of a cause are those that the check found: what was changed elsewhere changes what they hold, and nobody loses their place.
  const since = useRef(moved);
  useEffect(() => {
    if (since.current !== moved) grid.current.refresh();
    since.current = moved;
  }, [moved]);

  const repaired = async (row, cells) => {
    const now = await kept({ row, cells });
    if (!now) return;
    setRepairing(null);
    grid.current.put(now);
    grid.current.go(grid.current.at.n, grid.current.at.x);
  };
  return html`<section>
    <h2>${cause.title}</h2>
    <p>${cause.mend}</p>
    <${Alike} draft=${draft} cause=${cause} header=${header} moved=${moved} changed=${(overview) => { anew(); changed(overview); }} check=${check} />
    <${Trouble} error=${error} />
    <p class="note" id="grid-keys">${t("grid.keys")}</p>
    <div ref=${box}></div>
    <${Place} spot=${spot} header=${header} cause=${cause} edit=${() => grid.current.edit()} repair=${(row) => setRepairing(row)} />
    ${repairing ? html`<${Repair} key=${repairing} draft=${draft} row=${repairing} header=${header} save=${repaired} cancel=${() => { setRepairing(null); grid.current.go(grid.current.at.n, grid.current.at.x); }} />` : null}
  </section>`;
}

const failures = (row) => row.faults.filter((fault) => fault.fails);
const about = (row, x) => row.faults.filter((fault) => (x < 0 ? fault.place === null : fault.place === x));

function verdict(row) {
  if (row.status === "failed") return t("rows.still", { n: row.row, why: [...new Set(failures(row).map((fault) => fault.message))].join(" ") });
  return t(row.status === "skipped" ? "rows.now_skipped" : "rows.now_ready", { n: row.row });
}

function announce(row, x) {
  const said = [...about(row, x), ...row.faults.filter((fault) => fault.place === null && x >= 0 && fault.fails)].map((fault) => fault.message);
  if (said.length) say([...new Set(said)].join(" "));
}

// What the grid has no room for: the whole value, what is wrong with it in a visible line, and buttons for whoever has no keys.
function Place({ spot, header, cause, edit, repair }) {
  if (!spot) return html`<div class="place"><p class="note">${t("rows.loading")}</p></div>`;
  const { row, x } = spot;
  const faults = [...new Map([...about(row, x), ...row.faults.filter((fault) => fault.place === null)].map((fault) => [fault.message, fault])).values()];
  const name = x < 0 ? t("rows.whole_row") : header[x] || (x < header.length ? t("columns.unnamed", { n: x + 1 }) : t("repair.beyond"));
  return html`<div class="place">
    <h3>${t("rows.row", { n: row.row })} ${name}</h3>
    ${x >= 0 ? html`<span class="value whole" dir="auto">${row.cells[x] || t("columns.blank")}${row.cut.includes(x) ? "\u2026" : ""}</span>` : null}
    <ul class="verdicts">
      ${row.judged ? html`<li><b class="value">${verdict(row)}</b></li>` : null}
      ${faults.map((fault) => html`<li class=${fault.fails ? "failing" : "note"}><span class="value">${fault.message}</span></li>`)}
    </ul>
    <p class="onward">
      ${row.ragged ? html`<button type="button" id="repair" onClick=${() => repair(row.row)}>${t("repair.open")}</button>` : x >= 0 ? html`<button type="button" id="edit" onClick=${edit}>${t("grid.edit")}</button>` : null}
    </p>
  </div>`;
}

render(html`<${Rows} />`, place);
