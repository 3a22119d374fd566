// S3: a row a column. The server owns the mapping's text; each change goes there and comes back as what it means.
import { Choice, Trouble, get, html, known, number, post, render, say, t, useEffect, useRef, useState } from "./ui.js";
import { FieldFacts, MissingFields, Offers, fieldOf, lacking } from "./targets.js";

const place = document.getElementById("app");
const draft = known(place, "draft");
const GROUPS = ["person", "reach", "address", "consent", "origin", "identity"];
const CUSTOM = "custom_fields";

const pathKey = (path) => JSON.stringify(path);
const rulesOf = (state, column) => state.rules.filter((rule) => rule.places.includes(column));
const ruleOf = (state, column) => rulesOf(state, column)[0];
// Where the mapping reads a column that no form shows: in a template, as the mark of a tag, to leave rows out.
const elsewhereOf = (state, column) => state.elsewhere[column] || [];
const whole = (rule) => (rule.rule && typeof rule.rule === "object" && !Array.isArray(rule.rule) ? rule.rule : {});
const namesPlace = (state, column) => state.location_column !== null && plainHeader(state.samples[column].header) === plainHeader(state.location_column);
const plainHeader = (header) => header.trim().replace(/\s+/g, " ").toLowerCase();
const titleOf = (state, column) => state.samples[column].header || t("columns.unnamed", { n: column + 1 });
const DATE_LIKE = /^\s*\d{1,4}[./-]\d{1,2}[./-]\d{1,4}/;
const guessOf = (state, header) => state.suggestion.rules.find((rule) => rule.columns.includes(header));
const leftOf = (state, column) => state.suggestion.left.find((left) => left.number === column + 1);
// Columns of which somebody has to say that they looked: consent that is left out, or that was understood in part.
function toDecide(state, column) {
  const rule = ruleOf(state, column);
  const about = rule ? guessOf(state, state.samples[column].header) : leftOf(state, column);
  if (!about || (rule && about.key !== rule.key) || (!rule && elsewhereOf(state, column).length)) return false;
  return about.doubts.some((doubt) => doubt.loud && (!rule || doubt.code.startsWith("consent")));
}
const aboutConsent = (state, column) => (ruleOf(state, column) ? guessOf(state, state.samples[column].header) : leftOf(state, column)).doubts.some((doubt) => doubt.loud && doubt.code.startsWith("consent"));
const undecided = (state, column) => toDecide(state, column) && !state.acknowledged.includes(state.samples[column].header);

function Columns() {
  const [state, setState] = useState(null);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [filter, setFilter] = useState("all");
  const [picked, setPicked] = useState(0);
  const looked = useRef(new Set());

  const reload = () => get(`/api/d/${draft.id}/columns`).then(take).catch((refused) => setError(refused.message));
  useEffect(() => {
    get(`/api/d/${draft.id}/columns`).then((found) => {
      take(found);
      if (found.samples.some((_, column) => needsLook(found, column))) setFilter("look");
    }).catch((refused) => setError(refused.message));
  }, []);

  // One change after the other, each upon what the one before it left.
  const version = useRef(0);
  const queue = useRef(Promise.resolve());
  const acknowledged = useRef([]);
  const take = (found) => {
    version.current = found.version;
    acknowledged.current = found.acknowledged;
    setState((before) => ({ ...before, ...found }));
  };
  const change = (said) => (queue.current = queue.current.then(() => changed(said)));
  const changed = async (said) => {
    setBusy(true);
    setError(null);
    try {
      const found = await post(`/api/d/${draft.id}/mapping`, { ...said, version: version.current });
      take(found);
      say(found.faults.length ? t("columns.faults", { n: found.faults.length }) : t("columns.changed"));
      return true;
    } catch (refused) {
      setError(refused.message);
      return false;
    } finally { setBusy(false); }
  };

  // Said of some columns, upon what was said of others a moment before.
  const acknowledge = (columns, seen = true) => (queue.current = queue.current.then(async () => {
    const others = acknowledged.current.filter((each) => !columns.includes(each));
    try {
      take(await post(`/api/d/${draft.id}/acknowledge`, { columns: seen ? [...others, ...columns] : others, version: version.current }));
    } catch (refused) { setError(refused.message); }
  }));

  if (!state) return html`<${Trouble} error=${error} />${error ? null : html`<p role="status">${t("columns.looking")}</p>`}`;
  const all = state.samples.map((_, column) => column);
  const look = all.filter((column) => needsLook(state, column));
  // What somebody is at work on stays where it is, also once it needs no look any more.
  for (const column of look) looked.current.add(column);
  const shown = filter === "look" ? all.filter((column) => looked.current.has(column)) : all;
  const lookAgain = () => { looked.current = new Set(look); setFilter("look"); };
  const identified = state.rules.some((rule) => rule.places.length && ["email", "phone", "id"].includes(rule.path[1]) && rule.path[0] === "fields");
  const open = all.filter((column) => undecided(state, column));
  const left = all.filter((column) => !ruleOf(state, column) && !elsewhereOf(state, column).length && !namesPlace(state, column) && state.samples[column].filled && !toDecide(state, column));
  const unseen = left.filter((column) => !state.acknowledged.includes(state.samples[column].header));
  return html`<${Trouble} error=${error} />
    <${Known} state=${state} />
    <${Offers} draft=${draft} change=${change} text=${state.text} />
    ${state.faults.length ? html`<div class="notice bad" role="alert"><p>${t("columns.has_faults")}</p><ul>${state.faults.map((fault) => html`<li>${fault}</li>`)}</ul></div>` : null}
    ${state.suggestion.doubts.filter((doubt) => doubt.loud).map((doubt) => html`<p class="notice halt">${doubt.sentence}</p>`)}
    <${Hidden} state=${state} change=${change} />
    <section aria-busy=${busy}>
      <div class="onward" role="group" aria-label=${t("columns.filter")}>
        <button type="button" aria-pressed=${filter === "look" ? "true" : "false"} onClick=${lookAgain}>${t("columns.look", { n: number(look.length) })}</button>
        <button type="button" aria-pressed=${filter === "all" ? "true" : "false"} onClick=${() => setFilter("all")}>${t("columns.all", { n: number(all.length) })}</button>
      </div>
      ${shown.length ? html`<ol class="columns">${shown.map((column) => html`<${Column} key=${column} column=${column} state=${state} change=${change} acknowledge=${acknowledge} />`)}</ol>`
        : html`<p>${t("columns.none_to_look")}</p>`}
    </section>
    <${Left} left=${left} unseen=${unseen} state=${state} acknowledge=${acknowledge} />
    <${MissingFields} draft=${draft} state=${state} reload=${reload} />
    <${Person} state=${state} picked=${picked} setPicked=${setPicked} />
    <${Text} state=${state} change=${change} />
    <p class="onward">
      ${identified && !open.length && !unseen.length && !state.faults.length
        ? html`<a class="button main" id="check" href=${`/d/${draft.id}/rows`}>${t("columns.onward")}</a>`
        : html`<button type="button" class="main" id="check" disabled aria-describedby="why-not">${t("columns.onward")}</button>
          <span id="why-not">${state.faults.length ? t("columns.mend_first") : !identified ? t("columns.no_identifier") : open.length ? t(open.every((column) => aboutConsent(state, column)) ? "columns.consent_open" : "columns.decide_open", { names: open.map((column) => titleOf(state, column)).join(", ") }) : t("columns.left_open")}</span>`}
    </p>`;
}

// As the mapping names the field where it does, else by its name.
function fieldPath(state, field) {
  const rule = state.rules.find((each) => fieldOf(state, each) === field);
  return pathKey(rule ? rule.path : [CUSTOM, field.name]);
}

function needsLook(state, column) {
  if (namesPlace(state, column)) return false;
  if (undecided(state, column)) return true;
  const rule = ruleOf(state, column);
  const guess = rule && guessOf(state, state.samples[column].header);
  if (toDecide(state, column)) return false;
  return Boolean(guess && (guess.strength === "possible" || guess.doubts.some((doubt) => doubt.loud)));
}

function Known({ state }) {
  return html`<p class="note">${t("columns.counts", {
    mapped: number(state.samples.filter((_, column) => ruleOf(state, column) || elsewhereOf(state, column).length).length), all: number(state.samples.length) })}</p>`;
}

// What a workbook hides was often put away on purpose: it is imported only by whoever saw that it is there.
function Hidden({ state, change }) {
  const hidden = state.samples.map((_, column) => column).filter((column) => state.samples[column].hidden && ruleOf(state, column));
  if (!hidden.length) return null;
  const leave = async () => { for (const place of hidden) if (!(await change({ do: "assign", place, target: null }))) return; };
  return html`<div class="notice halt" id="hidden-columns"><p>${t("columns.hidden_mapped", { names: hidden.map((column) => titleOf(state, column)).join(", ") })}</p>
    <p class="onward"><button type="button" id="leave-hidden" onClick=${leave}>${t("columns.hidden_leave")}</button></p></div>`;
}

// What no rule reads is opened, or said to have been seen, before anything goes on: a column that is forgotten is found out too late.
function Left({ left, unseen, state, acknowledge }) {
  if (!left.length) return null;
  const seen = () => acknowledge([...new Set(left.map((column) => state.samples[column].header))]);
  return html`<section id="left"><h2>${t("columns.left_title", { n: number(left.length) })}</h2>
    <ul class="plain">${left.map((column) => html`<li><b>${titleOf(state, column)}</b> <span class="note">${t("columns.filled", { n: number(Math.round(100 * state.samples[column].filled)) })}</span>
      ${state.samples[column].values.slice(0, 3).map((value) => html` <span class="value cell">${value}</span>`)}</li>`)}</ul>
    <label class="choice"><input type="checkbox" id="left-seen" checked=${!unseen.length} disabled=${!unseen.length} onChange=${seen} /><span>${t("columns.left_seen")}</span></label>
  </section>`;
}

// Countries and orders of dates stand at the columns that they are about, with what proves them.
function Reading({ rule, column, state, change }) {
  const why = (key) => state.suggestion.defaults.find((each) => each.key === `defaults.${key}`);
  const set = (key) => (to) => change(to ? { do: "edit", set_to: [[["defaults", key], to.toUpperCase()]], unset: [] } : { do: "edit", set_to: [], unset: [["defaults", key]] });
  const region = why("region");
  const order = why("date_order");
  const dated = rule.path[1] === "dateOfBirth" || state.samples[column].values.some((value) => DATE_LIKE.test(value));
  if (rule.path[1] === "phone") return html`<label>${t("columns.region")}<input type="text" size="4" maxlength="2" class="region" value=${state.defaults.region || ""} aria-describedby=${`region-why-${column}`} onChange=${(event) => set("region")(event.target.value)} />
    <small id=${`region-why-${column}`}>${region ? region.reason : t("columns.region_none")}</small></label>`;
  if (dated) return html`<label>${t("columns.date_order")}<${Choice} class="date-order" value=${state.defaults.date_order || ""} aria-describedby=${`order-why-${column}`} choose=${set("date_order")}>
    ${(now) => ["", "DMY", "MDY", "YMD"].map((each) => html`<option value=${each} selected=${now === each}>${t("order." + (each || "none"))}</option>`)}</>
    <small id=${`order-why-${column}`}>${order ? order.reason : t("columns.order_none")}</small></label>`;
  if (rule.path[0] === "fields" && rule.path[1] === "name" && !state.rules.some((each) => ["firstName", "lastName"].includes(each.path[1]))) {
    const of = (step) => ({ column: state.samples[column].header, transforms: step });
    return html`<p><button type="button" class="split" onClick=${() => change({ do: "edit", set_to: [[["fields", "firstName"], of("first_name")], [["fields", "lastName"], of("last_name")]], unset: [["fields", "name"]] })}>${t("columns.split")}</button></p>`;
  }
  return null;
}

function Column({ column, state, change, acknowledge }) {
  const [values, setValues] = useState(null);
  const [adding, setAdding] = useState(false);
  const sample = state.samples[column];
  const rules = rulesOf(state, column);
  const [rule] = rules;
  const guess = guessOf(state, sample.header);
  const left = leftOf(state, column);
  const title = titleOf(state, column);
  const field = fieldOf(state, rule);
  const loadValues = () => get(`/api/d/${draft.id}/values?column=${encodeURIComponent(sample.header)}`).then(setValues).catch((refused) => say(refused.message));
  const explain = rule && refuses(rule) && !(guess && guess.key === rule.key);
  const strange = values && rule ? lacking(field, values.values, rule) : [];
  // A choice field refuses what is none of its options: that is shown without being asked for.
  useEffect(() => { if (((field && field.options.length) || explain) && !rule.by_hand.length) loadValues(); }, [field && field.id, explain]);
  const suggested = Boolean(guess && rule && guess.key === rule.key);
  const assign = (target, before) => {
    setAdding(false);
    return change({ do: "assign", place: column, target, ...(rules.length || adding ? { instead_of: before ? [before.path] : [] } : {}) });
  };

  const elsewhere = elsewhereOf(state, column);
  return html`<li class=${rule || elsewhere.length ? "column" : "column out"}>
    <div class="what">
      <h2 class="header">${title}</h2>${sample.hidden ? html`<p><span class="chip">${t("columns.hidden")}</span></p>` : null}
      <p class="samples">${sample.values.slice(0, 4).map((value) => html`<span class="value cell">${value}</span>`)}</p>
      <p class="note">${t("columns.filled", { n: number(Math.round(100 * sample.filled)) })}</p>
    </div>
    <div class="goes">
      ${(rules.length ? rules : [null]).map((each, at) => html`
        <${Target} key=${at} rule=${each} label=${at ? t("columns.also_to") : t("columns.goes_to")} title=${title} header=${sample.header} state=${state} choose=${(target) => assign(target, each)} />
        ${fieldOf(state, each) ? html`<${FieldFacts} field=${fieldOf(state, each)} />` : null}
        ${each === rule && suggested ? html`<p class="note"><b>${t("strength." + guess.strength)}</b>: ${guess.reason}</p>` : null}
        ${each === rule && suggested ? guess.doubts.map((doubt) => html`<p class=${doubt.loud ? "notice halt" : "note"}>${doubt.code === "invalid_values" ? t(whole(each).on_invalid === "drop" ? "columns.invalid_dropped" : "columns.invalid_values") : doubt.sentence}</p>`) : null}
        ${each ? html`<${Rule} rule=${each} column=${column} state=${state} change=${change} />` : null}`)}
      ${adding ? html`<${Target} rule=${null} label=${t("columns.also_to")} title=${title} header=${sample.header} state=${state} choose=${(target) => assign(target, null)} />`
        : rule ? html`<p><button type="button" class="quiet also" aria-label=${t("columns.also_of", { what: t("columns.also"), name: title })} onClick=${() => setAdding(true)}>${t("columns.also")}</button></p>` : null}
      ${namesPlace(state, column) ? html`<p class="notice good names-place">${t("several.names")} <a href=${`/d/${draft.id}/account`}>${t("several.see")}</a></p>` : null}
      ${elsewhere.length ? html`<p class="note"><span class="chip">${t("columns.by_hand", { keys: elsewhere.join(", ") })}</span></p>` : null}
      ${!rule && left && !elsewhere.length && !namesPlace(state, column) ? html`${left.doubts.length ? null : html`<p class="note">${left.note}</p>`}
        ${left.doubts.map((doubt) => html`<p class=${doubt.loud ? "notice halt" : "note"}>${doubt.sentence}</p>`)}` : null}
      ${toDecide(state, column) ? html`<label class="choice"><input type="checkbox" checked=${state.acknowledged.includes(sample.header)}
        onChange=${(event) => acknowledge([sample.header], event.target.checked)} />
        <span>${t(rule ? "columns.as_it_is" : "columns.on_purpose")}</span></label>${rule || !aboutConsent(state, column) ? null : html`<p class="note">${t("columns.consent_how")}</p>`}` : null}
      ${rule && !rule.by_hand.length ? html`<details class="values" open=${strange.length > 0 || explain} onToggle=${(event) => event.target.open && !values && loadValues()}>
        <summary>${t("columns.values")}</summary>${strange.length ? html`<p class="notice halt">${t("fields.strange", { n: number(strange.length) })}</p>` : null}
        ${values ? html`<${ValueMap} values=${values} rule=${rule} header=${sample.header} change=${change} setValues=${setValues} field=${field} strange=${strange} />` : null}</details>` : null}
    </div>
    <div class="sent">${(rules.length ? rules : [null]).map((each) => html`${rules.length > 1 ? html`<h3 class="note">${targetName(state, each)}</h3>` : null}${!each && elsewhere.length ? html`<p class="note">${t("columns.read_elsewhere")}</p>` : html`<${Sent} rule=${each} state=${state} column=${column} />`}`)}</div>
  </li>`;
}

const targetName = (state, rule) => (rule.path[0] === "tags" ? t("columns.tags") : rule.path[0] === CUSTOM ? fieldOf(state, rule)?.name || t("columns.custom", { name: rule.path[1] }) : state.fields.find((each) => each.field === rule.path[1])?.label || rule.path[1]);

// Sixty places to go to for each of sixty columns would be thousands of elements: they are there once somebody comes to choose.
function Target({ rule, label, title, header, state, choose }) {
  const [naming, setNaming] = useState(false);
  const [here, setHere] = useState(false);
  const chosen = rule ? pathKey(rule.path) : naming ? "name" : "";
  const named = (said) => {
    setNaming(said === "name");
    if (said !== "name") choose(said ? JSON.parse(said) : null);
  };
  const options = (now) => {
    const option = (value, text) => html`<option value=${value} selected=${now === value}>${text}</option>`;
    if (!here) return [option("", t("columns.left_out")), rule ? option(chosen, targetName(state, rule)) : null];
    return html`${option("", t("columns.left_out"))}
      ${GROUPS.map((group) => html`<optgroup label=${t("group." + group)}>
        ${state.fields.filter((each) => each.group === group).map((each) => option(pathKey(["fields", each.field]), each.label))}
      </optgroup>`)}
      ${state.custom_fields.length ? html`<optgroup label=${t("group.custom")}>${state.custom_fields.map((each) => option(fieldPath(state, each), each.name))}</optgroup>` : null}
      <optgroup label=${t("group.more")}>
        ${option(pathKey(["tags"]), t("columns.tags"))}
        ${state.rules.filter((each) => each.path[0] === CUSTOM && !fieldOf(state, each)).map((each) => option(pathKey(each.path), t("columns.custom", { name: each.path[1] })))}
        ${option("name", t("columns.another_custom"))}
      </optgroup>`;
  };
  return html`<label>${label}<${Choice} value=${chosen} choose=${named} onFocus=${() => setHere(true)} onPointerEnter=${() => setHere(true)} aria-label=${t("columns.target_of", { name: title })}>${options}</>
    </label>
    ${naming ? html`<label>${t("columns.custom_name")}<input type="text" class="naming" value=${header} ref=${(input) => input && input.focus()} onKeyDown=${(event) => event.key === "Enter" && event.target.blur()}
      onBlur=${(event) => { setNaming(false); if (event.target.value.trim()) choose([CUSTOM, event.target.value.trim()]); }} /></label>` : null}`;
}

function Rule({ rule, column, state, change }) {
  const said = whole(rule);
  const several = rule.columns.length > 1;
  const move = (from, to) => {
    const columns = [...rule.columns];
    columns.splice(to, 0, ...columns.splice(from, 1));
    change({ do: "order", target: rule.path, columns });
  };
  const set = (key) => (to) => change(to ? { do: "edit", set_to: [[[...rule.path, key], to]], unset: [] } : { do: "edit", set_to: [], unset: [[...rule.path, key]] });
  const policy = said.on_update || "";
  const example = state.samples[column].values[0] || "";
  return html`
    ${rule.by_hand.length ? html`<p class="note"><span class="chip">${t("columns.by_hand", { keys: rule.by_hand.join(", ") })}</span></p>` : null}
    ${several && rule.path[0] !== "tags" ? html`<p class="note">${t("columns.first_filled")}</p><ol class="order">
      ${rule.columns.map((name, at) => html`<li>${name}
        <button type="button" class="quiet" disabled=${at === 0} aria-label=${t("columns.up", { name })} onClick=${() => move(at, at - 1)}>${"\u2191"}</button>
        <button type="button" class="quiet" disabled=${at === rule.columns.length - 1} aria-label=${t("columns.down", { name })} onClick=${() => move(at, at + 1)}>${"\u2193"}</button></li>`)}</ol>` : null}
    ${rule.path[0] === "tags" && !rule.by_hand.length ? html`<label>${t("columns.tags_split")}<input type="text" size="3" class="tags-split" value=${said.split || ","} onChange=${(event) => set("split")(event.target.value)} /></label>` : null}
    ${rule.by_hand.length ? null : html`<${Reading} rule=${rule} column=${column} state=${state} change=${change} />`}
    ${rule.path[0] !== "tags" && !rule.by_hand.length ? html`<details class="policy"><summary>${t("columns.on_update")}: ${t("on_update." + (policy || "overwrite"))}${said.on_invalid === "drop" ? `; ${t("on_invalid.short")}` : ""}</summary>
      <label>${t("columns.on_update")}<${Choice} value=${policy} aria-label=${t("columns.on_update_of", { name: titleOf(state, column) })} choose=${set("on_update")}>
        ${(now) => ["", "if_blank", "never", ...(rule.path[0] === CUSTOM ? ["append"] : [])].map((each) => html`<option value=${each} selected=${now === each}>${t("on_update." + (each || "overwrite"))}</option>`)}</></label>
      <p class="note">${t("columns.example", { old: t("columns.old_value") })} <span class="value">${{ "": example, if_blank: t("columns.old_value"), never: t("columns.old_value"), append: `${t("columns.old_value")}, ${example}` }[policy]}</span></p>
      ${policy ? html`<p class="note">${t("columns.needs_reading")}</p>` : null}
      <label>${t("columns.on_invalid")}<${Choice} class="on-invalid" value=${said.on_invalid || ""} choose=${set("on_invalid")}>
        ${(now) => ["", "drop"].map((each) => html`<option value=${each} selected=${now === each}>${t("on_invalid." + (each || "fail"))}</option>`)}</></label>
      <label>${t("columns.blank_cell")}<${Choice} class="blank-cell" value=${said.empty_cells || ""} choose=${set("empty_cells")}>
        ${(now) => ["", "clear"].map((each) => html`<option value=${each} selected=${now === each}>${t("blank." + (each || "leave"))}</option>`)}</></label>
    </details>` : null}`;
}

function Sent({ rule, state, column }) {
  if (!rule) return html`<p class="note">${t("columns.nothing_sent")}</p>`;
  if (!state.sent.length) return null;
  const header = state.samples[column].header;
  return html`<ul class="plain">${state.sent.map((row) => {
    const wrong = (row.errors || []).find((each) => each.column === header);
    if (wrong) return html`<li class="failing"><span aria-hidden="true">${"\u26a0"} </span><b>${t("columns.fails")}</b> ${wrong.message}</li>`;
    if (row.errors) return html`<li class="note">${t("columns.row_fails", { row: row.row })}</li>`;
    if (row.skipped) return html`<li class="note">${t("columns.row_skipped", { row: row.row })}</li>`;
    const used = (row.used || {})[rule.key];
    if (used !== undefined && used !== column) return html`<li class="note">${used === null ? t("columns.all_blank") : t("columns.other_used", { name: titleOf(state, used) })}</li>`;
    return html`<li><span class="value">${sentValue(row, rule.path)}</span></li>`;
  })}</ul>`;
}

// Whom nobody may write to must be seen: a refusal that is shown as nothing looks like none.
const refusal = (status) => (["active", "permanent"].includes(status) ? t("dnd.on") : status === "inactive" ? t("dnd.off") : t("columns.blank"));
const refusals = (settings) => Object.entries(settings).map(([channel, { status }]) => `${channel}: ${refusal(status)}`).join(", ");

function sentValue(row, path) {
  const { payload, follow_ups: after } = row;
  if (path[1] && path[1].startsWith("dndSettings.")) return refusal(((payload.dndSettings || {})[path[1].slice("dndSettings.".length)] || {}).status);
  const found = path[0] === "tags" ? payload.tags || after.add_tags || after.remove_tags : path[0] === CUSTOM
    ? (payload.customFields || []).find((each) => each.name === path[1] || each.key === path[1] || (each.key || "").endsWith(path[1].toLowerCase().replace(/\W+/g, "_")))?.field_value
    : payload[path[1]];
  if (found === undefined || found === null) return t("columns.blank");
  return Array.isArray(found) ? found.join(", ") : typeof found === "object" ? JSON.stringify(found) : String(found);
}

// Whether a rule says who may not be written to: its words are a program's own, and each has to be explained.
const refuses = (rule) => Boolean(rule && rule.path[0] === "fields" && /^(dnd|dndSettings\.\w+)$/.test(rule.path[1]));

function ValueMap({ values, rule, header, change, setValues, field, strange }) {
  const options = field ? field.options : [];
  const list = options.length ? `options-${rule.places[0]}` : null;
  const sorted = [...strange, ...values.values.filter((each) => !strange.includes(each))];
  const said = whole(rule);
  const map = said.map || {};
  // One key at a time: two that are changed in one moment would each write the map as it was before both.
  const set = (value, to) => {
    if (to !== "") return change({ do: "edit", set_to: [[[...rule.path, "map", value], to]], unset: [] });
    const others = Object.keys(map).some((each) => each !== value);
    return change({ do: "edit", set_to: [], unset: [others ? [...rule.path, "map", value] : [...rule.path, "map"]] });
  };
  const others = (to) => change({ do: "edit", set_to: to ? [[[...rule.path, to === "keep" ? "unmapped" : "on_invalid"], to]] : [],
    unset: ["unmapped", "on_invalid"].filter((key) => to !== { unmapped: "keep", on_invalid: "drop" }[key]).map((key) => [...rule.path, key]) });
  const narrow = (prefix) => get(`/api/d/${draft.id}/values?column=${encodeURIComponent(header)}&prefix=${encodeURIComponent(prefix)}`).then(setValues);
  return html`<p class="note">${t("columns.distinct", { n: number(values.distinct), about: values.exact ? "" : t("columns.about") })}</p>
    ${refuses(rule) ? html`<p class="note">${t("columns.refusals")}</p>` : null}
    ${Object.keys(map).length || refuses(rule) ? html`<label>${t("columns.others")}<${Choice} class="others" value=${said.unmapped || (said.on_invalid === "drop" ? "drop" : "")} choose=${others}>
      ${(now) => ["", "keep", "drop"].map((each) => html`<option value=${each} selected=${now === each}>${t("others." + (each || "fail"))}</option>`)}</></label>` : null}
    <label>${t("columns.values_from")}<input type="search" onInput=${(event) => narrow(event.target.value)} /></label>
    <table><thead><tr><th scope="col">${t("columns.value")}</th><th scope="col" class="n">${t("runs.rows")}</th><th scope="col">${t("columns.becomes")}</th></tr></thead>
    <tbody>${sorted.map((each) => html`<tr class=${strange.includes(each) ? "strange" : null}><th scope="row"><span class="value">${each.value}</span></th><td class="n">${number(each.rows)}</td>
      <td><input type="text" class="value" list=${list} aria-label=${t("columns.becomes_of", { value: each.value })} value=${Object.hasOwn(map, each.value) ? map[each.value] : ""} onChange=${(event) => set(each.value, event.target.value)} /></td></tr>`)}</tbody></table>
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
    ${shown && !error ? html`<${Card} row=${shown} state=${state} />` : null}
  </section>`;
}

function Card({ row, state }) {
  const label = (name) => (name === "customFields" ? t("group.custom") : name === "tags" ? t("columns.tags") : state.fields.find((each) => each.field === name)?.label || (name === "dndSettings" ? t("group.consent") : name));
  const text = (name, value) => (name === "dndSettings" ? refusals(value) : name === "customFields" ? value.map((each) => `${each.name || each.key || each.id}: ${each.field_value}`).join(", ")
    : typeof value === "object" && value !== null ? (Array.isArray(value) && value.every((each) => typeof each === "string") ? value.join(", ") : JSON.stringify(value)) : String(value));
  const added = row.follow_ups?.add_tags;
  if (row.errors) return html`<div class="failing"><p><b>${t("person.fails")}</b></p><ul>${row.errors.map((each) => html`<li>${each.column ? html`<b>${each.column}</b>: ` : null}${each.message}</li>`)}</ul></div>`;
  if (row.skipped) return html`<p>${t("person.skipped")} ${row.skipped.message}</p>`;
  return html`<dl class="facts">${Object.entries(row.payload).filter(([name]) => name !== "locationId").map(([name, value]) => html`<dt>${label(name)}</dt><dd><span class="value">${text(name, value)}</span></dd>`)}
    ${added ? html`<dt>${t("columns.tags")}</dt><dd><span class="value">${added.join(", ")}</span></dd>` : null}</dl>
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
