import { Upload } from "./upload.js";
import { Trouble, get, html, known, moment, number, post, render, rows, say, t, useEffect, useState } from "./ui.js";

const place = document.getElementById("app");
const draft = known(place, "draft");
const SIGNS = { "\t": t("file.tab"), ",": t("file.comma"), ";": t("file.semicolon"), "|": t("file.pipe"), " ": t("file.space") };
const ENCODINGS = ["utf-8", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp932", "gb18030", "big5", "cp949", "mac_roman", "utf-16"];

function File() {
  const [state, setState] = useState(null);
  const [error, setError] = useState(null);
  const [count, setCount] = useState(null);
  const [busy, setBusy] = useState(false);
  const [sizes, setSizes] = useState({});

  const counted = () => get(`/api/d/${draft.id}/count`).then(setCount).catch(() => setCount({}));
  const load = () => get(`/api/d/${draft.id}/file`).then((found) => { setState(found); setError(null); counted(); })
    .catch((refused) => setError(refused.message));
  useEffect(() => { load(); }, []);
  const many = state ? state.found.sheets.length > 1 : false;
  useEffect(() => { if (many) get(`/api/d/${draft.id}/sheets`).then((answer) => setSizes(answer.rows)).catch(() => {}); }, [many]);

  const change = async (name, value) => {
    setBusy(true);
    try {
      const found = await post(`/api/d/${draft.id}/reading`, { ...state.reading, [name]: value, version: state.version });
      setState(found);
      setError(null);
      setCount(null);
      say(t("file.read_otherwise"));
      counted();
    } catch (refused) {
      setError(refused.message);
      await get(`/api/d/${draft.id}/file`).then(setState).catch(() => {});
    }
    setBusy(false);
  };

  const hide = async (skip) => {
    try {
      const found = await post(`/api/d/${draft.id}/hidden-rows`, { skip, version: state.version });
      setState({ ...state, ...found });
      setError(null);
      say(t(skip ? "file.hidden_skipped" : "file.hidden_imported"));
    } catch (refused) {
      setError(refused.message);
      load();
    }
  };

  if (error && !state) {
    return html`<${Trouble} error=${error} />
      <h2>${t("file.another")}</h2><${Upload} draft=${draft.id} onDone=${() => location.reload()} />`;
  }
  if (!state) return html`<p role="status">${t("file.reading")}</p>`;
  const found = state.found;
  return html`<${Trouble} error=${error} />
    <${Together} files=${state.together} />
    <${MetBefore} />
    ${found.sheet_undecided ? html`<p class="notice halt" id="which-sheet">${t("file.which_sheet", { sheet: found.sheet })}</p>` : null}
    ${found.doubts.map((doubt) => html`<p class="notice halt">${doubt}</p>`)}
    <section aria-busy=${busy}>
      <h2>${t("file.understood")}</h2>
      <p id="what">${t("file.what", { format: found.format, columns: number(found.header.filter(Boolean).length) })}${" "}
        ${count === null ? html`<span class="note">${t("file.counting")}</span>` : count.rows === undefined ? null : html`<b id="rows">${rows(count.rows)}</b>`}
        ${count && count.failing ? html`, <b>${t("file.failing", { n: number(count.failing) })}</b>` : null}</p>
      <div class="chips">
        ${found.sheets.length > 0 ? html`<label>${t("file.sheet")}
          <select id="sheet" value=${found.sheet} onChange=${(event) => change("sheet", event.target.value)}>
            ${found.sheets.map((each) => html`<option value=${each.name} selected=${each.name === found.sheet}>${sheetName(each, sizes)}</option>`)}
          </select></label>` : null}
        <label>${t("file.header_row")}
          <input type="number" min="1" max="1000" value=${found.header_row || ""} onChange=${(event) => change("header_row", Number(event.target.value) || null)} /></label>
        ${found.encoding ? html`<label>${t("file.encoding")}
          <select value=${found.encoding} onChange=${(event) => change("encoding", event.target.value)}>
            ${[...new Set([found.encoding, ...found.encoding_rivals, ...ENCODINGS])].map((name) => html`<option value=${name} selected=${name === found.encoding}>${name}</option>`)}
          </select></label>` : null}
        ${found.delimiter ? html`<label>${t("file.delimiter")}
          <select value=${found.delimiter} onChange=${(event) => change("delimiter", event.target.value)}>
            ${[...new Set([found.delimiter, ...Object.keys(SIGNS)])].map((sign) => html`<option value=${sign} selected=${sign === found.delimiter}>${SIGNS[sign] || sign}</option>`)}
          </select></label>` : null}
      </div>
      <${Head} value=${found.header_row} choose=${(row) => change("header_row", row)} />
      ${found.hidden_rows ? html`<fieldset id="hidden-rows" class="notice halt"><legend>${t("file.hidden_rows", { rows: rows(found.hidden_rows) })}</legend>
        ${[false, true].map((skip) => html`<label class="choice"><input type="radio" name="hidden-rows" checked=${state.skip_hidden === skip} onChange=${() => hide(skip)} /><span>${t(skip ? "file.hidden_skip" : "file.hidden_import")}</span></label>`)}</fieldset>` : null}
      ${found.hidden_columns.length ? html`<p class="notice" id="hidden-columns">${t("file.hidden_columns", { names: found.hidden_columns.filter(Boolean).join(", ") || number(found.hidden_columns.length) })}</p>` : null}
      ${found.notes.length ? html`<details><summary>${t("file.why")}</summary><ul>${found.notes.map((note) => html`<li>${note}</li>`)}</ul></details>` : null}
    </section>
    <section>
      <h2>${t("file.first_rows")}</h2>
      <div class="scroll" tabindex="0" role="region" aria-label=${t("file.first_rows")}>
        <table class="cells">
          <thead><tr><th scope="col" class="n">${t("file.row")}</th>${found.header.map((name) => html`<th scope="col">${name || "\u2014"}</th>`)}</tr></thead>
          <tbody>${found.rows.map((row) => html`<tr><th scope="row" class="n">${row.row}</th>${row.cells.map((cell) => html`<td><span class="value">${cell}</span></td>`)}</tr>`)}</tbody>
        </table>
      </div>
    </section>
    <p class="onward"><a class="button main" href=${`/d/${draft.id}/account`}>${t("file.onward")}</a></p>
    <details><summary>${t("file.another")}</summary><${Upload} draft=${draft.id} onDone=${() => location.reload()} /></details>`;
}

const sheetName = (each, sizes) => [each.name, Object.hasOwn(sizes, each.name) ? `(${rows(sizes[each.name])})` : "", each.visible ? "" : t("file.sheet_hidden")].filter(Boolean).join(" ");

// Where the guess was wrong, somebody sees at once which row names the columns: arrows walk, and the table follows.
function Head({ value, choose }) {
  const [head, setHead] = useState(null);
  const open = (event) => { if (event.target.open && !head) get(`/api/d/${draft.id}/head`).then((answer) => setHead(answer.rows)).catch((refused) => say(refused.message)); };
  return html`<details id="head" onToggle=${open}><summary>${t("file.head")}</summary>
    ${head && head.length ? html`<div class="scroll" tabindex="0" role="region" aria-label=${t("file.head")}><table class="cells"><tbody>${head.map((row) => html`<tr><th scope="row">
      <label class="choice"><input type="radio" name="header-row" checked=${row.row === value} onChange=${() => choose(row.row)} /><span>${t("file.row")} ${number(row.row)}</span></label></th>
      ${row.cells.map((cell) => html`<td><span class="value">${cell}</span></td>`)}</tr>`)}</tbody></table></div>`
    : head ? html`<p class="note">${t("file.no_head")}</p>` : null}</details>`;
}

// Chosen together, imported one after the other: where in line this one stands, and the way to the others.
function Together({ files }) {
  if (!files.length) return null;
  return html`<nav class="notice" id="together" aria-label=${t("together.label")}><p>${t("together.lead", { n: number(1 + files.findIndex((each) => each.draft === draft.id)), all: number(files.length) })}</p>
    <ol>${files.map((each) => html`<li>${each.draft === draft.id ? html`<b class="value" aria-current="true">${each.name}</b>` : html`<a href=${each.run ? `/r/${each.run}` : `/d/${each.draft}/file`}><span class="value">${each.name}</span></a>`}
      ${each.run ? html` <span class="note">${t("together.imported")}</span>` : null}</li>`)}</ol></nav>`;
}

// The very same file once more is most often a mistake, and never a surprise.
function MetBefore() {
  const [met, setMet] = useState([]);
  useEffect(() => { get(`/api/d/${draft.id}/met-before`).then((answer) => setMet(answer.runs)).catch(() => {}); }, []);
  return met.length ? html`<div class="notice halt" id="met-before"><p>${t("file.met_before")}</p><ul class="plain">${met.map((each) => html`<li>
    <a href=${`/r/${each.run_id}`}>${moment(each.started_at)}</a> ${each.sandbox ? t("aim.sandbox") : each.location_name || each.location_id || t("runs.by_column")}, ${t("state." + each.state)}: ${t("file.met_rows", { created: number(each.created), updated: number(each.updated), failed: number(each.failed) })}</li>`)}</ul>
    <p>${t("file.met_how")}</p></div>` : null;
}

render(html`<${File} />`, place);
