// S3: a row a column. The server owns the mapping's text; each change goes there and comes back as what it means.
import { Trouble, get, html, known, number, post, render, say, t, useEffect, useRef, useState } from "./ui.js";
import { FieldFacts, MissingFields, Offers, fieldOf, lacking } from "./targets.js";

const place = document.getElementById("app");
const draft = known(place, "draft");
const GROUPS = ["person", "reach", "address", "consent", "origin", "identity"];
const CUSTOM = "custom_fields";

const pathKey = (path) => JSON.stringify(path);
const ruleOf = (state, column) => state.rules.find((rule) => rule.places.includes(column));
const guessOf = (state, header) => state.suggestion.rules.find((rule) => rule.columns.includes(header));
const leftOf = (state, column) => state.suggestion.left.find((left) => left.number === column + 1);
// Columns of which somebody has to say that they looked: consent that is left out, or that was understood in part.
function toDecide(state, column) {
  const rule = ruleOf(state, column);
  const about = rule ? guessOf(state, state.samples[column].header) : leftOf(state, column);
  if (!about || (rule && about.key !== rule.key)) return false;
  return about.doubts.some((doubt) => doubt.loud && (!rule || doubt.code.startsWith("consent")));
}
const undecided = (state, column) => toDecide(state, column) && !state.acknowledged.includes(state.samples[column].header);

function Columns() {
  const [state, setState] = useState(null);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [filter, setFilter] = useState("all");
  const [picked, setPicked] = useState(0);

  const reload = () => get(`/api/d/${draft.id}/columns`).then(setState).catch((refused) => setError(refused.message));
  useEffect(() => {
    get(`/api/d/${draft.id}/columns`).then((found) => {
      setState(found);
      if (found.samples.some((_, column) => needsLook(found, column))) setFilter("look");
    }).catch((refused) => setError(refused.message));
  }, []);

  const change = async (said) => {
    setBusy(true);
    setError(null);
    try {
      const found = await post(`/api/d/${draft.id}/mapping`, { ...said, version: state.version });
      setState({ ...state, ...found });
      say(found.faults.length ? t("columns.faults", { n: found.faults.length }) : t("columns.changed"));
      return true;
    } catch (refused) {
      setError(refused.message);
      return false;
    } finally { setBusy(false); }
  };

  const acknowledge = async (columns) => {
    try {
      const found = await post(`/api/d/${draft.id}/acknowledge`, { columns, version: state.version });
      setState({ ...state, ...found });
    } catch (refused) { setError(refused.message); }
  };

  if (!state) return html`<${Trouble} error=${error} />${error ? null : html`<p role="status">${t("columns.looking")}</p>`}`;
  const all = state.samples.map((_, column) => column);
  const look = all.filter((column) => needsLook(state, column));
  const shown = filter === "look" ? look : all;
  const identified = state.rules.some((rule) => rule.places.length && ["email", "phone", "id"].includes(rule.path[1]) && rule.path[0] === "fields");
  const open = all.filter((column) => undecided(state, column));
  return html`<${Trouble} error=${error} />
    <${Known} state=${state} />
    <${Offers} draft=${draft} change=${change} text=${state.text} />
    ${state.faults.length ? html`<div class="notice bad" role="alert"><p>${t("columns.has_faults")}</p><ul>${state.faults.map((fault) => html`<li>${fault}</li>`)}</ul></div>` : null}
    ${state.suggestion.doubts.filter((doubt) => doubt.loud).map((doubt) => html`<p class="notice halt">${doubt.sentence}</p>`)}
    <${Defaults} state=${state} change=${change} />
    <section aria-busy=${busy}>
      <div class="onward" role="group" aria-label=${t("columns.filter")}>
        <button type="button" aria-pressed=${filter === "look" ? "true" : "false"} onClick=${() => setFilter("look")}>${t("columns.look", { n: number(look.length) })}</button>
        <button type="button" aria-pressed=${filter === "all" ? "true" : "false"} onClick=${() => setFilter("all")}>${t("columns.all", { n: number(all.length) })}</button>
      </div>
      ${shown.length ? html`<ol class="columns">${shown.map((column) => html`<${Column} key=${column} column=${column} state=${state} change=${change} acknowledge=${acknowledge} />`)}</ol>`
        : html`<p>${t("columns.none_to_look")}</p>`}
    </section>
    <${MissingFields} draft=${draft} state=${state} reload=${reload} />
    <${Person} state=${state} picked=${picked} setPicked=${setPicked} />
    <${Text} state=${state} change=${change} />
    <p class="onward">
      ${identified && !open.length && !state.faults.length
        ? html`<a class="button main" id="check" href=${`/d/${draft.id}/rows`}>${t("columns.onward")}</a>`
        : html`<button type="button" class="main" id="check" disabled aria-describedby="why-not">${t("columns.onward")}</button>
          <span id="why-not">${state.faults.length ? t("columns.mend_first") : !identified ? t("columns.no_identifier") : t("columns.consent_open", { names: open.map((column) => state.samples[column].header).join(", ") })}</span>`}
    </p>`;
}

// As the mapping names the field where it does, else by its name.
function fieldPath(state, field) {
  const rule = state.rules.find((each) => fieldOf(state, each) === field);
  return pathKey(rule ? rule.path : [CUSTOM, field.name]);
}

function needsLook(state, column) {
  if (undecided(state, column)) return true;
  const rule = ruleOf(state, column);
  const guess = rule && guessOf(state, state.samples[column].header);
  if (toDecide(state, column)) return false;
  return Boolean(guess && (guess.strength === "possible" || guess.doubts.some((doubt) => doubt.loud)));
}

function Known({ state }) {
  return html`<p class="note">${t("columns.counts", {
    mapped: number(state.samples.filter((_, column) => ruleOf(state, column)).length), all: number(state.samples.length) })}</p>`;
}

function Defaults({ state, change }) {
  const why = (key) => state.suggestion.defaults.find((each) => each.key === `defaults.${key}`);
  const region = why("region");
  const order = why("date_order");
  return html`<section class="chips">
    <label>${t("columns.region")}<input type="text" size="4" maxlength="2" value=${state.defaults.region || ""} aria-describedby="region-why"
      onChange=${(event) => change(event.target.value ? { do: "edit", set_to: [[["defaults", "region"], event.target.value.toUpperCase()]], unset: [] } : { do: "edit", set_to: [], unset: [["defaults", "region"]] })} />
      <small id="region-why">${region ? region.reason : t("columns.region_none")}</small></label>
    <label>${t("columns.date_order")}<select value=${state.defaults.date_order || ""} aria-describedby="order-why"
      onChange=${(event) => change(event.target.value ? { do: "edit", set_to: [[["defaults", "date_order"], event.target.value]], unset: [] } : { do: "edit", set_to: [], unset: [["defaults", "date_order"]] })}>
      ${["", "DMY", "MDY", "YMD"].map((each) => html`<option value=${each} selected=${(state.defaults.date_order || "") === each}>${t("order." + (each || "none"))}</option>`)}</select>
      <small id="order-why">${order ? order.reason : t("columns.order_none")}</small></label>
  </section>`;
}

function Column({ column, state, change, acknowledge }) {
  const [values, setValues] = useState(null);
  const [naming, setNaming] = useState(false);
  const sample = state.samples[column];
  const rule = ruleOf(state, column);
  const guess = guessOf(state, sample.header);
  const left = leftOf(state, column);
  const title = sample.header || t("columns.unnamed", { n: column + 1 });
  const field = fieldOf(state, rule);
  const loadValues = () => get(`/api/d/${draft.id}/values?column=${encodeURIComponent(sample.header)}`).then(setValues).catch((refused) => say(refused.message));
  const strange = values && rule ? lacking(field, values.values, rule) : [];
  // A choice field refuses what is none of its options: that is shown without being asked for.
  useEffect(() => { if (field && field.options.length && !rule.by_hand.length) loadValues(); }, [field && field.id]);
  const suggested = Boolean(guess && rule && guess.key === rule.key);
  const chosen = rule ? pathKey(rule.path) : naming ? "name" : "";

  const choose = (event) => {
    const said = event.target.value;
    if (said === "name") { setNaming(true); return; }
    setNaming(false);
    change({ do: "assign", place: column, target: said ? JSON.parse(said) : null });
  };

  return html`<li class=${rule ? "column" : "column out"}>
    <div class="what">
      <h2 class="header">${title}</h2>
      <p class="samples">${sample.values.slice(0, 4).map((value) => html`<span class="value cell">${value}</span>`)}</p>
      <p class="note">${t("columns.filled", { n: number(Math.round(100 * sample.filled)) })}</p>
    </div>
    <div class="goes">
      <label>${t("columns.goes_to")}<select value=${chosen} onChange=${choose} aria-label=${t("columns.target_of", { name: title })}>
        <option value="" selected=${chosen === ""}>${t("columns.left_out")}</option>
        ${GROUPS.map((group) => html`<optgroup label=${t("group." + group)}>
          ${state.fields.filter((each) => each.group === group).map((each) => html`<option value=${pathKey(["fields", each.field])} selected=${chosen === pathKey(["fields", each.field])}>${each.label}</option>`)}
        </optgroup>`)}
        ${state.custom_fields.length ? html`<optgroup label=${t("group.custom")}>
          ${state.custom_fields.map((each) => html`<option value=${fieldPath(state, each)} selected=${chosen === fieldPath(state, each)}>${each.name}</option>`)}
        </optgroup>` : null}
        <optgroup label=${t("group.more")}>
          <option value=${pathKey(["tags"])} selected=${chosen === pathKey(["tags"])}>${t("columns.tags")}</option>
          ${state.rules.filter((each) => each.path[0] === CUSTOM && !fieldOf(state, each)).map((each) => html`<option value=${pathKey(each.path)} selected=${chosen === pathKey(each.path)}>${t("columns.custom", { name: each.path[1] })}</option>`)}
          <option value="name" selected=${chosen === "name"}>${t("columns.another_custom")}</option>
        </optgroup>
      </select></label>
      ${naming ? html`<label>${t("columns.custom_name")}<input type="text" class="naming" value=${sample.header} ref=${(input) => input && input.focus()} onKeyDown=${(event) => event.key === "Enter" && event.target.blur()}
        onBlur=${(event) => { setNaming(false); if (event.target.value.trim()) change({ do: "assign", place: column, target: [CUSTOM, event.target.value.trim()] }); }} /></label>` : null}
      ${field ? html`<${FieldFacts} field=${field} />` : null}
      ${suggested ? html`<p class="note"><b>${t("strength." + guess.strength)}</b>: ${guess.reason}</p>` : null}
      ${suggested ? guess.doubts.map((doubt) => html`<p class=${doubt.loud ? "notice halt" : "note"}>${doubt.sentence}</p>`) : null}
      ${!rule && left ? html`<p class="note">${left.note}</p>
        ${left.doubts.map((doubt) => html`<p class=${doubt.loud ? "notice halt" : "note"}>${doubt.sentence}</p>`)}
` : null}
      ${toDecide(state, column) ? html`<label class="choice"><input type="checkbox" checked=${state.acknowledged.includes(sample.header)}
        onChange=${(event) => acknowledge(event.target.checked ? [...state.acknowledged, sample.header] : state.acknowledged.filter((each) => each !== sample.header))} />
        <span>${t(rule ? "columns.as_it_is" : "columns.on_purpose")}</span></label>` : null}
      ${rule ? html`<${Rule} rule=${rule} column=${column} state=${state} change=${change} />` : null}
      ${rule && !rule.by_hand.length ? html`<details open=${strange.length > 0} onToggle=${(event) => event.target.open && !values && loadValues()}>
        <summary>${t("columns.values")}</summary>${strange.length ? html`<p class="notice halt">${t("fields.strange", { n: number(strange.length) })}</p>` : null}
        ${values ? html`<${ValueMap} values=${values} rule=${rule} header=${sample.header} change=${change} setValues=${setValues} field=${field} strange=${strange} />` : null}</details>` : null}
    </div>
    <div class="sent"><${Sent} rule=${rule} state=${state} column=${column} /></div>
  </li>`;
}

function Rule({ rule, column, state, change }) {
  const whole = rule.rule && typeof rule.rule === "object" && !Array.isArray(rule.rule) ? rule.rule : {};
  const several = rule.columns.length > 1;
  const move = (from, to) => {
    const columns = [...rule.columns];
    columns.splice(to, 0, ...columns.splice(from, 1));
    change({ do: "order", target: rule.path, columns });
  };
  return html`
    ${rule.by_hand.length ? html`<p class="note"><span class="chip">${t("columns.by_hand", { keys: rule.by_hand.join(", ") })}</span></p>` : null}
    ${several && rule.path[0] !== "tags" ? html`<p class="note">${t("columns.first_filled")}</p><ol class="order">
      ${rule.columns.map((name, at) => html`<li>${name}
        <button type="button" class="quiet" disabled=${at === 0} aria-label=${t("columns.up", { name })} onClick=${() => move(at, at - 1)}>${"\u2191"}</button>
        <button type="button" class="quiet" disabled=${at === rule.columns.length - 1} aria-label=${t("columns.down", { name })} onClick=${() => move(at, at + 1)}>${"\u2193"}</button></li>`)}</ol>` : null}
    ${rule.path[0] !== "tags" && !rule.by_hand.length ? html`<label>${t("columns.on_update")}<select value=${whole.on_update || ""} aria-label=${t("columns.on_update_of", { name: state.samples[column].header })}
      onChange=${(event) => change(event.target.value ? { do: "edit", set_to: [[[...rule.path, "on_update"], event.target.value]], unset: [] } : { do: "edit", set_to: [], unset: [[...rule.path, "on_update"]] })}>
      ${["", "if_blank", "never"].map((each) => html`<option value=${each} selected=${(whole.on_update || "") === each}>${t("on_update." + (each || "overwrite"))}</option>`)}</select></label>` : null}`;
}

function Sent({ rule, state, column }) {
  if (!rule) return html`<p class="note">${t("columns.nothing_sent")}</p>`;
  if (!state.sent.length) return null;
  const header = state.samples[column].header;
  return html`<ul class="plain">${state.sent.map((row) => {
    const wrong = (row.errors || []).find((each) => each.column === header);
    if (wrong) return html`<li class="failing"><b>${t("columns.fails")}</b> ${wrong.message}</li>`;
    if (row.errors) return html`<li class="note">${t("columns.row_fails", { row: row.row })}</li>`;
    if (row.skipped) return html`<li class="note">${t("columns.row_skipped", { row: row.row })}</li>`;
    return html`<li><span class="value">${sentValue(row, rule.path)}</span></li>`;
  })}</ul>`;
}

function sentValue(row, path) {
  const { payload, follow_ups: after } = row;
  const found = path[0] === "tags" ? payload.tags || after.add_tags || after.remove_tags : path[0] === CUSTOM
    ? (payload.customFields || []).find((each) => each.name === path[1] || each.key === path[1] || (each.key || "").endsWith(path[1].toLowerCase().replace(/\W+/g, "_")))?.field_value
    : payload[path[1]];
  if (found === undefined || found === null) return t("columns.blank");
  return Array.isArray(found) ? found.join(", ") : typeof found === "object" ? JSON.stringify(found) : String(found);
}

function ValueMap({ values, rule, header, change, setValues, field, strange }) {
  const options = field ? field.options : [];
  const list = options.length ? `options-${rule.places[0]}` : null;
  const sorted = [...strange, ...values.values.filter((each) => !strange.includes(each))];
  const whole = rule.rule && typeof rule.rule === "object" && !Array.isArray(rule.rule) ? rule.rule : {};
  const map = whole.map || {};
  const set = (value, to) => {
    const changed = { ...map };
    if (to === "") delete changed[value]; else changed[value] = to;
    change(Object.keys(changed).length ? { do: "edit", set_to: [[[...rule.path, "map"], changed]], unset: [] } : { do: "edit", set_to: [], unset: [[...rule.path, "map"]] });
  };
  const narrow = (prefix) => get(`/api/d/${draft.id}/values?column=${encodeURIComponent(header)}&prefix=${encodeURIComponent(prefix)}`).then(setValues);
  return html`<p class="note">${t("columns.distinct", { n: number(values.distinct), about: values.exact ? "" : t("columns.about") })}</p>
    <label>${t("columns.values_from")}<input type="search" onInput=${(event) => narrow(event.target.value)} /></label>
    <table><thead><tr><th scope="col">${t("columns.value")}</th><th scope="col" class="n">${t("runs.rows")}</th><th scope="col">${t("columns.becomes")}</th></tr></thead>
    <tbody>${sorted.map((each) => html`<tr class=${strange.includes(each) ? "strange" : null}><th scope="row"><span class="value">${each.value}</span></th><td class="n">${number(each.rows)}</td>
      <td><input type="text" class="value" list=${list} aria-label=${t("columns.becomes_of", { value: each.value })} value=${map[each.value] || ""} onChange=${(event) => set(each.value, event.target.value)} /></td></tr>`)}</tbody></table>
    ${list ? html`<datalist id=${list}>${options.map((each) => html`<option value=${each}></option>`)}</datalist>` : null}`;
}

function Person({ state, picked, setPicked }) {
  const [row, setRow] = useState(null);
  const [error, setError] = useState(null);
  const input = useRef(null);
  useEffect(() => {
    const slash = (event) => {
      if (event.key === "/" && !["INPUT", "TEXTAREA", "SELECT"].includes(document.activeElement.tagName)) { event.preventDefault(); input.current.focus(); }
    };
    document.addEventListener("keydown", slash);
    return () => document.removeEventListener("keydown", slash);
  }, []);
  const look = async (number) => {
    if (!number) return;
    setPicked(number);
    setError(null);
    try { setRow((await get(`/api/d/${draft.id}/row?row=${number}`))[0]); } catch (refused) { setRow(null); setError(refused.message); }
  };
  useEffect(() => { if (picked) look(picked); }, [state.text]);
  const shown = row || state.sent[0];
  return html`<section><h2>${t("person.title")}</h2>
    <p class="chips"><label>${t("person.row")}<input ref=${input} type="number" min="1" value=${picked || (shown ? shown.row : "")} onChange=${(event) => look(Number(event.target.value))} /></label>
      <button type="button" onClick=${() => look((picked || (shown ? shown.row : 2)) - 1)}>${t("person.before")}</button>
      <button type="button" onClick=${() => look((picked || (shown ? shown.row : 1)) + 1)}>${t("person.next")}</button></p>
    <${Trouble} error=${error} />
    ${shown && !error ? html`<${Card} row=${shown} />` : null}
  </section>`;
}

function Card({ row }) {
  if (row.errors) return html`<div class="failing"><p><b>${t("person.fails")}</b></p><ul>${row.errors.map((each) => html`<li>${each.column ? html`<b>${each.column}</b>: ` : null}${each.message}</li>`)}</ul></div>`;
  if (row.skipped) return html`<p>${t("person.skipped")} ${row.skipped.message}</p>`;
  return html`<dl class="facts">${Object.entries(row.payload).filter(([name]) => name !== "locationId").map(([name, value]) => html`<dt>${name}</dt><dd><span class="value">${typeof value === "object" && value !== null ? (Array.isArray(value) && value.every((each) => typeof each === "string") ? value.join(", ") : JSON.stringify(value)) : String(value)}</span></dd>`)}</dl>
    ${(row.warnings || []).map((each) => html`<p class="notice halt">${each.message}</p>`)}`;
}

function Text({ state, change }) {
  const [text, setText] = useState(null);
  const shown = text === null ? state.text : text;
  return html`<details class="yaml"><summary>${t("columns.yaml")}</summary>
    <p class="note">${t("columns.yaml_note")}</p>
    <label class="unseen" for="yaml">${t("columns.yaml")}</label>
    <textarea id="yaml" rows="24" spellcheck="false" wrap="off" value=${shown} onInput=${(event) => setText(event.target.value)}></textarea>
    <p class="onward"><a class="button" id="download" href=${`/d/${draft.id}/mapping.yaml`}>${t("columns.download")}</a><button type="button" disabled=${text === null || text === state.text} onClick=${async () => { if (await change({ do: "text", text })) setText(null); }}>${t("columns.save")}</button>
      <button type="button" class="quiet" onClick=${async () => { if (await change({ do: "suggested" })) setText(null); }}>${t("columns.suggest_again")}</button></p>
  </details>`;
}

render(html`<${Columns} />`, place);
