// S3: the location's own custom fields, and mappings that were made for such a file.
import { Trouble, get, html, number, post, say, t, useEffect, useState } from "./ui.js";

const plain = (text) => text.trim().toLowerCase();
const CHOICES = ["SINGLE_OPTIONS", "RADIO", "MULTIPLE_OPTIONS", "CHECKBOX"];
const SEVERAL = ["MULTIPLE_OPTIONS", "CHECKBOX"];

// A rule names a custom field by its name, its key or its id.
export function fieldOf(state, rule) {
  if (!rule || rule.path[0] !== "custom_fields") return null;
  const name = plain(rule.path[1]);
  return state.custom_fields.find((each) => [each.name, each.key, each.key.replace(/^contact\./, "")].some((one) => plain(one) === name) || each.id === rule.path[1]) || null;
}

export const typeOf = (field) => t("type." + (CHOICES.includes(field.data_type) ? (SEVERAL.includes(field.data_type) ? "several" : "one") : field.data_type === "DATE" ? "date" : ["NUMERICAL", "MONETORY"].includes(field.data_type) ? "number" : field.data_type === "FILE_UPLOAD" ? "file" : "text"));

export function FieldFacts({ field }) {
  return html`<p class="note">${t("fields.type", { type: typeOf(field) })}${field.options.length ? html` ${t("fields.options", { options: field.options.slice(0, 12).join(", "), more: field.options.length > 12 ? " ..." : "" })}` : null}</p>`;
}

// What a column holds and a choice field would refuse; a value that the mapping changes counts as what it becomes.
export function lacking(field, values, rule) {
  if (!field || !field.options.length) return [];
  const options = field.options.map(plain);
  const whole = rule.rule && typeof rule.rule === "object" && !Array.isArray(rule.rule) ? rule.rule : {};
  const map = whole.map || {};
  const parts = (text) => (SEVERAL.includes(field.data_type) ? text.split(whole.split || /[,;|]/) : [text]).map((each) => each.trim()).filter(Boolean);
  return values.filter((each) => each.value.trim() && parts(map[each.value] ?? each.value).some((part) => !options.includes(plain(map[part] ?? part))));
}

export function Offers({ draft, change, text }) {
  const [known, setKnown] = useState(null);
  useEffect(() => { get(`/api/d/${draft.id}/known-mappings`).then(setKnown).catch(() => {}); }, [text]);
  const take = async (said, name) => { if (await change({ do: "take", ...said })) say(t("offers.taken", { name })); };
  if (!known || (!known.export && !known.past.length)) return null;
  const { export: found, past } = known;
  return html`<section id="offers">
    ${found ? html`<p class="chips-line"><span>${t("offers.looks", { title: found.title })} <small>${t("offers.why", { headers: found.telling.join(", ") })}</small></span>
      ${found.taken ? html`<b id="taken">${t("offers.is_taken")}</b>` : html`<button type="button" id="ready" onClick=${() => take({ ready: found.name }, found.title)}>${t("offers.take", { found: number(found.found), rules: number(found.rules) })}</button>`}</p>` : null}
    ${past.map((each) => html`<p class="chips-line"><span>${t("offers.past", { source: each.source, share: number(Math.round(100 * each.share)) })}</span>
      <a href=${`/r/${each.run}`}>${each.run}</a><button type="button" onClick=${() => take({ run: each.run }, each.source)}>${t("offers.take_past")}</button></p>`)}
  </section>`;
}

// Custom fields that the mapping names and the location lacks: made only once they were seen and agreed to.
export function MissingFields({ draft, state, reload }) {
  const [seen, setSeen] = useState(null);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const missing = state.rules.filter((rule) => rule.path[0] === "custom_fields" && !fieldOf(state, rule));
  const ask = async (dry) => {
    setBusy(true);
    setError(null);
    try {
      const answer = await post(`/api/d/${draft.id}/create-fields`, dry ? { dry } : { dry, confirmed: draft.location });
      setSeen(dry ? answer : null);
      if (!dry) { say(t("fields.made", { n: number(answer.created) })); await reload(); }
    } catch (refused) { setError(refused.message); }
    setBusy(false);
  };
  if (draft.sandbox || draft.several) return null;
  if (state.silence) return html`<p class="notice halt" id="silence">${t("fields.silent")} ${state.silence}</p>`;
  if (!missing.length) return null;
  const fields = seen ? seen.fields.filter((each) => each.status === "missing") : [];
  const others = seen ? seen.fields.filter((each) => ["left", "failed", "options_missing"].includes(each.status)) : [];
  return html`<section><h2>${t("fields.missing_title")}</h2>
    <p>${t("fields.missing", { names: missing.map((rule) => rule.path[1]).join(", ") })}</p>
    <${Trouble} error=${error} />
    ${seen ? html`${fields.length ? html`<p>${t("fields.would", { name: draft.location_name || draft.location })}</p>
        <ul>${fields.map((each) => html`<li><b>${each.name}</b>: ${typeOf({ data_type: each.data_type })}${each.options.length ? ` (${each.options.join(", ")})` : ""}</li>`)}</ul>` : null}
      ${others.map((each) => html`<p class="note"><b>${each.name}</b>: ${each.reason}</p>`)}
      <p class="onward">${fields.length ? html`<button type="button" id="make" disabled=${busy} onClick=${() => ask(false)}>${t("fields.make", { n: number(fields.length) })}</button>` : null}
        <button type="button" class="quiet" onClick=${() => setSeen(null)}>${t("fields.not_now")}</button></p>`
    : html`<p class="onward"><button type="button" id="look-fields" disabled=${busy} onClick=${() => ask(true)}>${busy ? t("run.looking") : t("fields.look")}</button></p>`}
  </section>`;
}
