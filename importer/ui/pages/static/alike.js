// Many rows at once: by what stands in them, which changes the rows as they are read; or by the mapping, which says how they are read.
import { Trouble, get, html, number, post, rows, say, t, useEffect, useState } from "./ui.js";

const ABOUT_PHONES = ["invalid_phone", "no_phone_region", "phone_region"];
const ABOUT_DATES = ["invalid_date", "date_order", "swapped_date"];

export function Alike({ draft, cause, header, moved, changed, check }) {
  const [open, setOpen] = useState(false);
  const named = Object.keys(cause.columns).filter((name) => header.includes(name));
  if (!named.length) return null;
  return html`<details class="alike" onToggle=${(event) => setOpen(event.target.open)}><summary>${t("alike.title")}</summary>
    ${open ? html`<${InRows} draft=${draft} cause=${cause} header=${header} named=${named} moved=${moved} changed=${changed} />
      ${cause.fails ? html`<${InMapping} draft=${draft} cause=${cause} named=${named} check=${check} />` : null}` : null}
  </details>`;
}

function InRows({ draft, cause, header, named, moved, changed }) {
  const [column, setColumn] = useState(named[0]);
  const [found, setFound] = useState(null);
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [count, setCount] = useState(null);
  const [error, setError] = useState(null);
  const place = header.indexOf(column);
  const choose = (value, values) => {
    setOld(value);
    setFresh(values.find((each) => each.value === value)?.meant ?? value);
    setCount(null);
  };
  useEffect(() => {
    setFound(null);
    get(`/api/d/${draft.id}/alike?${new URLSearchParams({ code: cause.code, place, fails: cause.fails })}`)
      .then((now) => { setFound(now); if (now.values.length) choose(now.values[0].value, now.values); })
      .catch((refused) => setError(refused.message));
  }, [column, moved]);
  const ask = async (how, only) => {
    setError(null);
    try {
      const done = await post(`/api/d/${draft.id}/correct-alike`, { code: cause.code, fails: cause.fails, place, count: only, ...how });
      if (only) { setCount({ how, rows: done.rows }); return; }
      setCount(null);
      say(t("alike.done", { rows: rows(done.rows) }), "said-of-row");
      changed(done.overview);
    } catch (refused) { setError(refused.message); }
  };
  const meant = found ? found.values.filter((each) => each.meant) : [];
  return html`<fieldset><legend>${t("alike.in_rows")}</legend>
    <p class="note">${t("alike.note")}</p>
    <${Trouble} error=${error} />
    ${found ? html`<div class="chips">
      ${named.length > 1 ? html`<label>${t("alike.column")}<select value=${column} onChange=${(event) => setColumn(event.target.value)}>${named.map((name) => html`<option value=${name} selected=${name === column}>${name}</option>`)}</select></label>` : null}
      <label>${t("alike.old")}<select id="alike-old" class="value" value=${old} onChange=${(event) => choose(event.target.value, found.values)}>
        ${found.values.map((each) => html`<option value=${each.value} selected=${each.value === old}>${t("alike.value", { value: (each.value || t("columns.blank")).slice(0, 60), n: number(each.rows) })}</option>`)}</select></label>
      <label>${t("alike.new")}<input type="text" id="alike-new" class="value" value=${fresh} onInput=${(event) => { setFresh(event.target.value); setCount(null); }} /></label>
    </div>
    <p class="onward"><button type="button" id="alike-count" disabled=${old === fresh} onClick=${() => ask({ old, new: fresh }, true)}>${t("alike.count")}</button>
      <button type="button" id="alike-blank" onClick=${() => ask({ old, new: "" }, true)}>${t("alike.blank")}</button>
      ${meant.length ? html`<button type="button" id="alike-meant" onClick=${() => ask({}, true)}>${t("alike.accept")} <span class="value">${meant[0].value} ${"\u2192"} ${meant[0].meant}</span></button>` : null}</p>
    ${count === null ? null : html`<p class="onward" role="status"><span>${t("alike.found", { rows: rows(count.rows) })}</span>
      <button type="button" class="main" id="alike-do" disabled=${!count.rows} onClick=${() => ask(count.how, false)}>${t("alike.do", { rows: rows(count.rows) })}</button></p>`}`
      : error ? null : html`<p role="status">${t("rows.loading")}</p>`}
  </fieldset>`;
}

function InMapping({ draft, cause, named, check }) {
  const [state, setState] = useState(null);
  const [value, setValue] = useState("");
  const [error, setError] = useState(null);
  useEffect(() => { get(`/api/d/${draft.id}/rules`).then(setState).catch((refused) => setError(refused.message)); }, []);
  const change = async (said) => {
    setError(null);
    try {
      await post(`/api/d/${draft.id}/mapping`, { ...said, version: state.version });
      say(t("alike.mapping_changed"), "said-of-row");
      await check();
    } catch (refused) { setError(refused.message); }
  };
  const setting = (path, to) => change({ do: "edit", set_to: [[path, to]], unset: [] });
  if (!state) return html`<${Trouble} error=${error} />`;
  const rules = state.rules.filter((rule) => rule.columns.some((name) => named.includes(name)) && rule.path[0] !== "tags");
  return html`<fieldset><legend>${t("alike.in_mapping")}</legend>
    <p class="note">${t("alike.mapping_note")}</p>
    <${Trouble} error=${error} />
    ${ABOUT_PHONES.includes(cause.code) ? html`<div class="chips"><label>${t("columns.region")}<input type="text" id="alike-region" size="4" maxlength="2" value=${state.defaults.region || ""} onInput=${(event) => setValue(event.target.value.toUpperCase())} /></label>
      <button type="button" disabled=${value.length !== 2} onClick=${() => setting(["defaults", "region"], value)}>${t("alike.set")}</button></div>` : null}
    ${ABOUT_DATES.includes(cause.code) ? html`<p class="onward" role="group" aria-label=${t("columns.date_order")}><span>${t("columns.date_order")}:</span>
      ${["DMY", "MDY", "YMD"].map((order) => html`<button type="button" aria-pressed=${state.defaults.date_order === order ? "true" : "false"} onClick=${() => setting(["defaults", "date_order"], order)}>${t("order." + order)}</button>`)}</p>` : null}
    <p class="onward">${rules.map((rule) => html`<button type="button" onClick=${() => setting([...rule.path, "on_invalid"], "drop")}>${t("alike.drop", { field: rule.columns.filter((name) => named.includes(name)).join(", ") })}</button>`)}</p>
    <${Skip} named=${named} change=${change} />
  </fieldset>`;
}

function Skip({ named, change }) {
  const [column, setColumn] = useState(named[0]);
  const [text, setText] = useState("");
  return html`<div class="chips">
    <label>${t("alike.skip_column")}<select value=${column} onChange=${(event) => setColumn(event.target.value)}>${named.map((name) => html`<option value=${name}>${name}</option>`)}</select></label>
    <label>${t("alike.skip_text")}<input type="text" id="skip-text" class="value" value=${text} onInput=${(event) => setText(event.target.value)} /></label>
    <button type="button" id="skip" onClick=${() => change({ do: "skip", column, text })}>${t(text ? "alike.skip" : "alike.skip_blank")}</button></div>`;
}
