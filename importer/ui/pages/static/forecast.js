// S5 and S6: what will happen, the sub-account's name in large type, and the one button.
import { Trouble, duration, get, html, known, number, post, render, rows, say, t, useEffect, useState } from "./ui.js";

const place = document.getElementById("app");
const draft = known(place, "draft");
const before = known(place, "before");
const TRIALS = [10, 50, 0];

function Forecast() {
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  const [trial, setTrial] = useState(draft.sandbox ? 0 : 10);
  const [typed, setTyped] = useState("");
  const [accepted, setAccepted] = useState(false);
  const [again, setAgain] = useState(false);
  const [busy, setBusy] = useState(false);
  const [plan, setPlan] = useState(null);
  const [planning, setPlanning] = useState(false);
  const [byPlan, setByPlan] = useState(false);
  const [onlyFailed, setOnlyFailed] = useState(Boolean(before));
  const look = async () => {
    setPlanning(true);
    setError(null);
    try { setPlan(await post(`/api/d/${draft.id}/plan`)); setByPlan(true); say(t("plan.done")); } catch (refused) { setError(refused.message); }
    setPlanning(false);
  };
  useEffect(() => { get(`/api/d/${draft.id}/forecast`).then(setFound).catch((refused) => setError(refused.message)); }, []);

  const start = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      const begun = await post(`/api/d/${draft.id}/start`, { trial: byPlan || onlyFailed ? 0 : trial, version: draft.version, confirmed: typed, fresh: again, plan: byPlan && !onlyFailed, only_failed: onlyFailed });
      location.href = `/r/${begun.run}`;
    } catch (refused) { setError(refused.message); setBusy(false); }
  };

  if (!found) return html`<${Trouble} error=${error} />${error ? null : html`<p role="status">${t("rows.checking")}</p>`}`;
  const finish = new Date(Date.now() + found.seconds * 1000).toLocaleString();
  const allowed = (found.failed === 0 || accepted) && (draft.sandbox || typed === draft.location) && found.ready > 0;
  return html`<form onSubmit=${start}>
    <section>
      <dl class="counts">
        <div><dt>${t("rows.read")}</dt><dd>${number(found.rows_read)}</dd></div>
        <div class="created"><dt>${t("rows.ready")}</dt><dd>${number(found.ready)}</dd></div>
        <div class="skipped"><dt>${t("status.skipped")}</dt><dd>${number(found.skipped)}</dd></div>
        <div class="failed"><dt>${t("rows.failing")}</dt><dd>${number(found.failed)}</dd></div>
      </dl>
      <dl class="facts">
        <dt>${t("forecast.time")}</dt><dd>${t("forecast.about", { time: duration(found.seconds), finish })}</dd>
        <dt>${t("forecast.calls")}</dt><dd>${number(found.requests)}</dd>
        <dt>${t("forecast.share")}</dt><dd>${found.daily_share > 1 ? t("forecast.days", { n: found.days }) : t("forecast.percent", { n: (100 * found.daily_share).toFixed(1) })}</dd>
        ${Object.keys(found.new_tags).length ? html`<dt>${t("forecast.new_tags")}</dt><dd>${Object.keys(found.new_tags).slice(0, 20).join(", ")}</dd>` : null}
        ${found.lifts.rows ? html`<dt>${t("forecast.lifts")}</dt><dd><b>${t("forecast.lifts_rows", { rows: rows(found.lifts.rows) })}</b></dd>` : null}
      </dl>
    </section>
    ${draft.sandbox ? null : html`<section><h2>${t("plan.title")}</h2>
      <p class="note">${t("plan.note")}</p>
      ${plan ? html`<dl class="counts">${["create", "update", "unchanged", "skip", "fail", "ambiguous"].map((name) => html`<div><dt>${t("plan." + name)}</dt><dd id=${"plan-" + name}>${number(plan[name] || 0)}</dd></div>`)}</dl>
        <p>${t("plan.calls", { n: number(plan.requests), plain: number(plan.requests_without_plan) })} <a href=${`/d/${draft.id}/plan.html`} target="_blank" rel="noopener">${t("plan.see")}</a></p>`
      : html`<p class="onward"><button type="button" id="plan" disabled=${planning} onClick=${look}>${planning ? t("plan.looking") : t("plan.look")}</button></p>`}
    </section>`}
    <section>
      <h2>${t("confirm.title")}</h2>
      <p class="name" id="into">${draft.sandbox ? t("aim.sandbox") : draft.location_name || draft.location}</p>
      ${draft.sandbox ? html`<p class="note">${t("confirm.sandbox")}</p>` : html`<p><code>${draft.location}</code></p>
        <p><label>${t("confirm.type", { id: draft.location })}<input type="text" autocomplete="off" spellcheck="false" value=${typed} onInput=${(event) => setTyped(event.target.value.trim())} /></label></p>`}
      ${before ? html`<fieldset><legend>${t("again.which")}</legend>
        <label class="choice"><input type="radio" name="again" checked=${onlyFailed} onChange=${() => setOnlyFailed(true)} /><span>${t("again.failed", { rows: rows(before.failed) })}</span></label>
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
      <details><summary>${t("confirm.more")}</summary><label class="choice"><input type="checkbox" checked=${again} onChange=${(event) => setAgain(event.target.checked)} /><span>${t("confirm.again")}</span></label></details>
      <${Trouble} error=${error} />
      <p class="onward"><button type="submit" class="main" id="start" disabled=${!allowed || busy}>${busy ? t("confirm.starting") : onlyFailed ? t("again.start", { rows: rows(before.failed) }) : byPlan ? t("plan.start") : trial ? t("confirm.start_trial", { n: trial }) : t("confirm.start", { rows: rows(found.ready) })}</button>
        <a class="button" href=${`/d/${draft.id}/rows`}>${t("confirm.back")}</a></p>
    </section>
  </form>`;
}

render(html`<${Forecast} />`, place);
