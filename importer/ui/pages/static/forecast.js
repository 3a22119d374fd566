// S5 and S6: what will happen, the sub-account's name in large type, and the one button.
import { Checking, cancelled, followed } from "./checking.js";
import { Foreseen } from "./several.js";
import { Trouble, duration, get, html, known, number, post, render, rows, say, t, useEffect, useState } from "./ui.js";

const place = document.getElementById("app");
const draft = known(place, "draft");
const before = known(place, "before");
const habit = known(place, "habit");
const TRIALS = [5, 10, 50, 0];
const TONES = { create: "created", update: "updated", unchanged: "skipped", skip: "skipped", fail: "failed", ambiguous: "pending" };

function Forecast() {
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  const [trial, setTrial] = useState(!draft.sandbox && habit.first ? 10 : 0);
  const [typed, setTyped] = useState("");
  const [accepted, setAccepted] = useState(false);
  const [again, setAgain] = useState(false);
  const [stopAfter, setStopAfter] = useState(0);
  const [busy, setBusy] = useState(false);
  const [plan, setPlan] = useState(null);
  const [planning, setPlanning] = useState(false);
  const [byPlan, setByPlan] = useState(false);
  const [onlyFailed, setOnlyFailed] = useState(Boolean(before));
  const [standing, setStanding] = useState(null);
  const look = async () => {
    setPlanning(true);
    setError(null);
    try { setPlan(await post(`/api/d/${draft.id}/plan`)); setByPlan(true); say(t("plan.done")); } catch (refused) { setError(refused.message); }
    setPlanning(false);
  };
  useEffect(() => { followed(draft, setStanding).then(() => get(`/api/d/${draft.id}/forecast`)).then(setFound).catch((refused) => setError(refused.message)); }, []);

  const start = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      const begun = await post(`/api/d/${draft.id}/start`, { trial: byPlan || onlyFailed ? 0 : trial, version: draft.version, confirmed: typed, fresh: again, stop_after: byPlan || onlyFailed ? 0 : stopAfter, plan: byPlan && !onlyFailed, only_failed: onlyFailed });
      location.href = `/r/${begun.run}`;
    } catch (refused) { setError(refused.message); setBusy(false); }
  };

  if (!found) return html`<${Trouble} error=${error} />${error || !standing ? null : html`<${Checking} standing=${standing} cancel=${() => cancelled(draft)} />`}`;
  const done = new Date(Date.now() + found.seconds * 1000);
  const finish = done.toLocaleString();
  const there = draft.zone && draft.zone !== Intl.DateTimeFormat().resolvedOptions().timeZone ? done.toLocaleString(undefined, { timeZone: draft.zone }) : null;
  const named = (draft.several ? [draft.column] : [draft.location, draft.location_name]).some((each) => each && plain(each) === plain(typed));
  const allowed = (found.failed === 0 || accepted) && (!habit.type || named) && found.ready > 0;
  return html`<form onSubmit=${start}>
    <section>
      <dl class="counts">
        <div><dt>${t("rows.read")}</dt><dd>${number(found.rows_read)}</dd></div>
        <div class="created"><dt>${t("rows.ready")}</dt><dd>${number(found.ready)}</dd></div>
        <div class="skipped"><dt>${t("status.skipped")}</dt><dd>${number(found.skipped)}</dd></div>
        <div class="failed"><dt>${t("rows.failing")}</dt><dd>${number(found.failed)}</dd></div>
      </dl>
      <${Parts} label=${t("rows.read")} parts=${[["created", t("rows.ready"), found.ready], ["skipped", t("status.skipped"), found.skipped], ["failed", t("rows.failing"), found.failed]]} />
      <dl class="facts">
        <dt>${t("forecast.time")}</dt><dd>${t(draft.sandbox ? "forecast.about_real" : "forecast.about", { time: duration(found.seconds), finish })}${there ? html` <small id="there">${t("forecast.there", { finish: there, zone: draft.zone })}</small>` : null}</dd>
        <dt>${t("forecast.calls")}</dt><dd>${number(found.requests)}</dd>
        <dt>${t("forecast.share")}</dt><dd>${found.daily_share > 1 ? t("forecast.days", { n: found.days }) : t("forecast.percent", { n: (100 * found.daily_share).toFixed(1) })}</dd>
        ${Object.keys(found.new_tags).length ? html`<dt>${t("forecast.new_tags")}</dt><dd>${Object.keys(found.new_tags).slice(0, 20).join(", ")}</dd>` : null}
        ${found.lifts.rows ? html`<dt>${t("forecast.lifts")}</dt><dd><b>${t("forecast.lifts_rows", { rows: rows(found.lifts.rows) })}</b></dd>` : null}
      </dl>
    </section>
    <${Automations} found=${found} plan=${plan} />
    ${draft.sandbox ? null : html`<section><h2>${t("plan.title")}</h2>
      <${Ask} found=${found} />
      <p class="note">${t("plan.note")}</p>
      ${plan ? html`<dl class="counts">${["create", "update", "unchanged", "skip", "fail", "ambiguous"].map((name) => html`<div><dt>${t("plan." + name)}</dt><dd id=${"plan-" + name}>${number(plan[name] || 0)}</dd></div>`)}</dl>
        <${Parts} label=${t("plan.title")} parts=${Object.entries(TONES).map(([name, tone]) => [tone, t("plan." + name), plan[name] || 0])} />
        <${Changes} plan=${plan} />
        <p>${t("plan.calls", { n: number(plan.requests), plain: number(plan.requests_without_plan) })} <a href=${`/d/${draft.id}/plan.html`} target="_blank" rel="noopener">${t("plan.see")}</a></p>`
      : html`<p class="onward"><button type="button" id="plan" disabled=${planning} onClick=${look}>${planning ? t("plan.looking") : t("plan.look")}</button></p>`}
    </section>`}
    <section>
      <h2>${t("confirm.title")}</h2>
      <p class="name" id="into">${placeName()}</p>
      ${draft.column ? html`<p>${t("several.lead", { column: draft.column })}</p><${Foreseen} draft=${draft} />` : null}
      ${draft.sandbox ? null : html`${draft.several ? null : html`<p><code>${draft.location}</code></p>`}
        ${habit.elsewhere ? html`<p class="notice halt" id="elsewhere">${t("confirm.elsewhere")}</p>` : null}
        ${habit.type ? html`<p><label>${draft.several ? t("several.type", { column: draft.column }) : t("confirm.type", { id: draft.location_name ? `${draft.location_name} / ${draft.location}` : draft.location })}<input type="text" id="typed" autocomplete="off" spellcheck="false" value=${typed} onInput=${(event) => setTyped(event.target.value)} /></label></p>`
          : html`<p class="note" id="habit">${t("confirm.habit")}</p>`}`}
      <p id="sentence"><b>${sentence(found, byPlan && !onlyFailed ? plan : null, onlyFailed ? before.rows : byPlan ? 0 : trial)}</b></p>
      ${before ? html`<fieldset><legend>${t("again.which")}</legend>
        <label class="choice"><input type="radio" name="again" checked=${onlyFailed} onChange=${() => setOnlyFailed(true)} /><span>${t(before.stopped ? "again.rest" : "again.failed", { rows: rows(before.rows) })}</span></label>
        <label class="choice"><input type="radio" name="again" checked=${!onlyFailed} onChange=${() => setOnlyFailed(false)} /><span>${t("again.all")}</span></label>
      </fieldset>` : null}
      ${plan && !onlyFailed ? html`<fieldset><legend>${t("plan.which")}</legend>
        <label class="choice"><input type="radio" name="which" checked=${byPlan} onChange=${() => setByPlan(true)} /><span>${t("plan.apply", { n: number((plan.create || 0) + (plan.update || 0)) })}</span></label>
        <label class="choice"><input type="radio" name="which" checked=${!byPlan} onChange=${() => setByPlan(false)} /><span>${t("plan.plain")}</span></label>
      </fieldset>` : null}
      ${byPlan || onlyFailed ? null : html`<fieldset><legend>${t("confirm.how_many")}</legend>
        ${TRIALS.map((each) => html`<label class="choice"><input type="radio" name="trial" checked=${trial === each} onChange=${() => setTrial(each)} />
          <span>${each ? t("confirm.trial", { n: each }) : t("confirm.all", { rows: rows(found.ready) })}</span></label>`)}
      </fieldset>`}
      ${found.failed ? html`<label class="choice"><input type="checkbox" id="accept" checked=${accepted} onChange=${(event) => setAccepted(event.target.checked)} /><span>${t("confirm.failing", { rows: rows(found.failed) })}</span></label>` : null}
      <details><summary>${t("confirm.more")}</summary><label class="choice"><input type="checkbox" checked=${again} onChange=${(event) => setAgain(event.target.checked)} /><span>${t("confirm.again")}</span></label>
        ${byPlan || onlyFailed ? null : html`<label>${t("confirm.stop_after")}<input type="number" id="stop-after" min="1" value=${stopAfter || ""} onChange=${(event) => setStopAfter(Math.max(0, Math.floor(Number(event.target.value)) || 0))} /></label>`}</details>
      <${Trouble} error=${error} />
      <p class="onward"><button type="submit" class="main" id="start" disabled=${!allowed || busy} aria-describedby=${allowed ? null : "why-not"}>${busy ? t("confirm.starting") : onlyFailed ? t(before.stopped ? "again.start_rest" : "again.start", { rows: rows(before.rows) }) : byPlan ? t("plan.start") : trial ? t("confirm.start_trial", { n: trial }) : t("confirm.start", { rows: rows(found.ready) })}</button>
        ${allowed ? null : html`<span id="why-not">${found.ready === 0 ? t("confirm.no_row") : habit.type && !named ? t("confirm.type_first") : t("confirm.tick_first")}</span>`}
        <a class="button" href=${`/d/${draft.id}/rows`}>${t("confirm.back")}</a></p>
    </section>
  </form>`;
}

const plain = (said) => said.trim().replace(/\s+/g, " ").toLowerCase();
const placeName = () => (draft.sandbox ? t("aim.sandbox") : draft.several ? t("several.into") : draft.location_name || draft.location);

// What the button will do, in one sentence.
function sentence(found, plan, first) {
  const name = draft.sandbox ? t("confirm.the_sandbox") : draft.several ? t("confirm.their_own") : placeName();
  if (plan) return t("confirm.plan_sentence", { create: number(plan.create || 0), update: number(plan.update || 0), left: number((plan.unchanged || 0) + (plan.skip || 0) + (plan.fail || 0) + (plan.ambiguous || 0)), name });
  if (first) return t("confirm.trial_sentence", { rows: rows(Math.min(first, found.ready)), name });
  return t("confirm.sentence", { rows: rows(found.ready), left: number(found.skipped + found.failed), name });
}

// A bar with the same in words: colour alone says nothing.
function Parts({ parts, label }) {
  const shown = parts.filter(([, , count]) => count > 0);
  const text = shown.map(([, name, count]) => `${name} ${number(count)}`).join(", ") || t("bar.none");
  return html`<div class="bar-of-rows" role="img" aria-label=${`${label}: ${text}`}>${shown.map(([tone, , count]) => html`<span class=${tone} style=${{ flexGrow: count }}></span>`)}</div>`;
}

// What starts by itself in HighLevel when contacts come in: nobody takes that back.
function Automations({ found, plan }) {
  const created = plan ? plan.create || 0 : found.ready;
  return html`<section><h2>${t("auto.title")}</h2><ul class="plain">
    <li>${t(plan ? "auto.created" : "auto.created_most", { n: number(created) })}</li>
    ${Object.keys(found.new_tags).length ? html`<li>${t("auto.tags", { n: number(Object.keys(found.new_tags).length) })}</li>` : null}
    ${found.lifts.rows ? html`<li><b>${t("forecast.lifts_rows", { rows: rows(found.lifts.rows) })}</b></li>` : null}
    ${draft.sandbox ? null : draft.automations.length ? html`<li id="workflows">${t("auto.workflows", { n: number(draft.automations.length), names: draft.automations.slice(0, 10).join(", ") })}${draft.automations.length > 10 ? " ..." : ""}</li>` : html`<li class="note" id="workflows">${t("auto.none")}</li>`}
  </ul></section>`;
}

function Ask({ found }) {
  const [told, setTold] = useState(null);
  const [asking, setAsking] = useState(false);
  const [error, setError] = useState(null);
  const ask = async () => {
    setAsking(true);
    setError(null);
    try { setTold(await post(`/api/d/${draft.id}/ask`)); } catch (refused) { setError(refused.message); }
    setAsking(false);
  };
  if (!told) return html`<${Trouble} error=${error} /><p class="onward"><button type="button" id="ask" disabled=${asking} onClick=${ask}>${asking ? t("ask.asking") : t("ask.ask", { n: number(Math.min(200, found.ready)) })}</button><span class="note">${t("ask.note")}</span></p>`;
  const share = told.asked ? told.found / told.asked : 0;
  // Of all rows nothing is left to chance; of some, this is how far off the rest may be in 19 cases of 20.
  const margin = told.asked >= found.ready ? 0 : 196 * Math.sqrt(Math.max(share * (1 - share), 0.25 / told.asked) / told.asked);
  return html`<p id="asked"><b>${t("ask.told", { share: (100 * share).toFixed(0), margin: Math.ceil(margin), asked: rows(told.asked) })}</b> ${t("ask.means", { created: number(told.created), updated: number(told.updated) })}</p>`;
}

function Changes({ plan }) {
  const [row, setRow] = useState(null);
  const [error, setError] = useState(null);
  const look = async (event) => {
    setError(null);
    setRow(null);
    if (!event.target.value) return;
    try { setRow(await get(`/api/d/${draft.id}/planned-row?row=${encodeURIComponent(event.target.value)}`)); } catch (refused) { setError(refused.message); }
  };
  const fields = Object.entries(plan.changes || {});
  const said = (value) => (value === null || value === undefined || value === "" ? t("columns.blank") : typeof value === "object" ? JSON.stringify(value) : String(value));
  return html`${fields.length ? html`<div class="scroll" tabindex="0" role="region" aria-label=${t("changes.title")}><table id="changes"><caption class="unseen">${t("changes.title")}</caption>
      <thead><tr><th scope="col">${t("changes.field")}</th><th scope="col" class="n">${t("changes.set")}</th><th scope="col" class="n">${t("changes.changed")}</th><th scope="col" class="n">${t("changes.cleared")}</th></tr></thead>
      <tbody>${fields.map(([name, each]) => html`<tr><th scope="row">${name}</th><td class="n">${number(each.set)}</td><td class="n">${number(each.changed)}</td><td class="n">${number(each.cleared)}</td></tr>`)}</tbody></table></div>` : null}
    <p><label>${t("changes.row")}<input type="number" id="planned-row" min="1" onChange=${look} /></label></p>
    <${Trouble} error=${error} />
    ${row ? html`<dl class="facts" id="planned"><dt>${t("rows.row", { n: number(row.row) })}</dt><dd>${t("plan." + row.action)}${row.reason ? html`: <span class="value">${row.reason}</span>` : null}</dd>
      ${Object.entries(row.changes).map(([name, each]) => html`<dt>${name}</dt><dd class="value">${each.old === undefined ? said(each) : html`${said(each.old)} \u2192 ${said(each.new)}`}</dd>`)}</dl>` : null}`;
}

render(html`<${Forecast} />`, place);
