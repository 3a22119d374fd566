// S9: imports that nobody starts. The job file is the truth; each change goes there and comes back as how its jobs stand.
import { Trouble, get, html, known, moment, poll, post, render, say, t, useEffect, useState } from "./ui.js";

const place = document.getElementById("app");
const like = known(place, "like");
const DAYS = ["daily", "workdays", "1", "2", "3", "4", "5", "6", "0"];

function Schedule() {
  const [now, setNow] = useState(null);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(null);
  const look = () => get("/api/schedule").then(setNow);
  useEffect(() => poll(look, 5), []);
  const act = async (what, said, told) => {
    setBusy(what);
    setError(null);
    try {
      setNow(await post(`/api/schedule/${what}`, { ...said, version: now.version }));
      say(told);
      return true;
    } catch (refused) {
      setError(refused.message);
      return false;
    } finally { setBusy(null); }
  };
  if (!now) return html`<p role="status">${t("run.looking")}</p>`;
  return html`<${Trouble} error=${error} /><${Trouble} error=${now.fault} />
    ${now.jobs.length ? html`<${Server} now=${now} act=${act} busy=${busy} />` : null}
    <section><h2>${t("schedule.jobs")}</h2>
      ${now.jobs.length ? html`<ul class="jobs">${now.jobs.map((job) => html`<${Job} key=${job.name} job=${job} act=${act} busy=${busy} only=${now.jobs.length === 1} />`)}</ul>` : html`<p>${t("schedule.none")}</p>`}
      <p class="note">${t("schedule.file")} <code>${now.path}</code></p>
    </section>
    <${NewJob} act=${act} busy=${busy} taken=${now.jobs.map((job) => job.name)} />
    <${Notices} now=${now} />`;
}

function Server({ now, act, busy }) {
  const ready = !busy;
  return html`<section><h2>${t("schedule.runs")}</h2>
    ${now.served_by ? html`<p><b class="pill good">${t("schedule.served")}</b> <small>${now.served_by}</small></p>
      ${now.stale ? html`<p class="notice halt">${t("schedule.stale")}</p>` : null}`
    : html`<p class="notice halt">${t("schedule.not_served")}</p>`}
    <p class="onward">
      ${!now.served_by ? html`<button type="button" class="main" id="serve" disabled=${!ready} onClick=${() => act("serve", { on: true }, t("schedule.served"))}>${busy === "serve" ? t("schedule.beginning") : t("schedule.begin")}</button>` : null}
      ${now.can_be_ended && now.stale ? html`<button type="button" class="main" disabled=${!ready} onClick=${() => act("serve", { on: true }, t("schedule.served"))}>${busy === "serve" ? t("schedule.beginning") : t("schedule.again")}</button>` : null}
      ${now.can_be_ended ? html`<button type="button" class="quiet" id="unserve" disabled=${!ready} onClick=${() => act("serve", { on: false }, t("schedule.ended"))}>${t("schedule.end")}</button>` : null}
    </p>
    <p class="note">${t("schedule.serve_note")}</p>
  </section>`;
}

function when(each) {
  return each.at ? t("schedule.at", { days: t("days." + each.days), at: each.at }) : each.cron;
}

function Job({ job, act, busy, only }) {
  const state = !job.enabled ? "off" : job.health;
  return html`<li class="job">
    <h3>${job.name} <span class=${`pill health-${state}`}>${t("health." + state)}</span></h3>
    <dl class="facts">
      <dt>${t("schedule.when")}</dt><dd>${job.schedule.map(when).join("; ")}${job.zone ? ` (${job.zone})` : ""}${job.next_at ? html`, <span class="note">${t("schedule.next", { at: moment(job.next_at) })}</span>` : null}</dd>
      <dt>${t("schedule.from")}</dt><dd><code>${job.source}</code></dd>
      <dt>${t("runs.place")}</dt><dd><code>${job.location || t("runs.by_column")}</code></dd>
      ${job.last ? html`<dt>${t("schedule.last")}</dt><dd>${moment(job.last.ended_at)}: ${t("result." + job.last.result)}. ${job.last.sentence} ${job.last.run_id ? html`<a href=${`/r/${job.last.run_id}`}>${t("schedule.see")}</a>` : null}</dd>` : null}
      ${job.open_run ? html`<dt>${t("schedule.open")}</dt><dd><a href=${`/r/${job.open_run}`}>${job.open_run}</a></dd>` : null}
      ${job.open_plan ? html`<dt>${t("result.awaiting")}</dt><dd><a href=${`/p/${job.open_plan}`}>${t("approval.look")}</a></dd>` : null}
    </dl>
    <p class="onward"><button type="button" disabled=${Boolean(busy)} onClick=${() => act("switch", { name: job.name, on: !job.enabled }, t(job.enabled ? "schedule.is_off" : "schedule.is_on", { name: job.name }))}>${t(job.enabled ? "schedule.off" : "schedule.on")}<span class="unseen"> ${job.name}</span></button>
      ${only ? null : html`<${Remove} job=${job} act=${act} busy=${busy} />`}</p>
  </li>`;
}

function Remove({ job, act, busy }) {
  const [asked, setAsked] = useState(false);
  if (!asked) return html`<button type="button" class="quiet" onClick=${() => setAsked(true)}>${t("schedule.remove")}<span class="unseen"> ${job.name}</span></button>`;
  return html`<span class="note">${t("schedule.really", { name: job.name })}</span>
    <button type="button" class="danger" disabled=${Boolean(busy)} onClick=${() => act("remove", { name: job.name }, t("schedule.removed", { name: job.name }))}>${t("schedule.remove")}</button>
    <button type="button" class="quiet" onClick=${() => setAsked(false)}>${t("forget.keep")}</button>`;
}

const plain = (text) => text.toLowerCase().replace(/\.[a-z0-9]+$/, "").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40) || "import";

const free = (name, taken) => { let found = name; for (let n = 2; taken.includes(found); n += 1) found = `${name}-${n}`; return found; };

function NewJob({ act, busy, taken }) {
  const first = like[0];
  const fresh = (run, names = taken) => ({ run: run.run, name: free(`nightly-${plain(run.source)}`, names), source: run.reference, at: "02:30", days: "daily", changed_only: true, notify: "" });
  const [said, setSaid] = useState(first ? fresh(first) : null);
  if (!said) return html`<section><h2>${t("schedule.new")}</h2><p>${t("schedule.no_runs")}</p></section>`;
  const chosen = like.find((run) => run.run === said.run);
  const set = (name) => (event) => setSaid({ ...said, [name]: event.target.type === "checkbox" ? event.target.checked : event.target.value });
  const add = async (event) => {
    event.preventDefault();
    const { run, ...rest } = said;
    if (await act("add", { ...rest, like: run }, t("schedule.added", { name: said.name }))) setSaid(fresh(chosen, [...taken, said.name]));
  };
  return html`<section><h2>${t("schedule.new")}</h2>
    <p class="note">${t("schedule.new_note")}</p>
    <form onSubmit=${add} class="fields">
      <label>${t("schedule.like")}<select id="like" value=${said.run} onChange=${(event) => setSaid(fresh(like.find((run) => run.run === event.target.value)))}>
        ${like.map((run) => html`<option value=${run.run} selected=${run.run === said.run}>${t("schedule.like_one", { source: run.source, place: run.location_name || run.location_id || t("runs.by_column"), run: run.run })}</option>`)}</select></label>
      ${chosen && !chosen.has_token ? html`<p class="notice halt">${t("schedule.no_token")}</p>` : null}
      <label>${t("schedule.source")}<input type="text" id="source" required spellcheck="false" autocomplete="off" value=${said.source} onInput=${set("source")} aria-describedby="source-note" /></label>
      <p class="note" id="source-note">${t("schedule.source_note")}</p>
      <div class="chips">
        <label>${t("schedule.time")}<input type="time" id="at" required value=${said.at} onInput=${set("at")} /></label>
        <label>${t("schedule.days")}<select id="days" value=${said.days} onChange=${set("days")}>${DAYS.map((day) => html`<option value=${day} selected=${day === said.days}>${t("days." + day)}</option>`)}</select></label>
        <label>${t("schedule.name")}<input type="text" id="name" required spellcheck="false" autocomplete="off" pattern="[A-Za-z0-9][A-Za-z0-9_.\\-]*" maxlength="63" value=${said.name} onInput=${set("name")} /></label>
      </div>
      ${taken.includes(said.name) ? html`<p class="notice halt">${t("schedule.taken")}</p>` : null}
      <label class="choice"><input type="checkbox" checked=${said.changed_only} onChange=${set("changed_only")} /><span>${t("schedule.changed_only")}</span></label>
      <label>${t("schedule.notify")}<input type="text" id="notify" spellcheck="false" autocomplete="off" value=${said.notify} onInput=${set("notify")} /></label>
      <p class="onward"><button type="submit" class="main" id="add" disabled=${Boolean(busy) || taken.includes(said.name)}>${t("schedule.add")}</button></p>
    </form></section>`;
}

function Notices({ now }) {
  if (!now.told.length && !now.waiting.length) return null;
  return html`<section><h2>${t("schedule.notices")}</h2>
    ${now.waiting.map((each) => html`<p class="notice halt">${t("schedule.waiting", { n: each.attempts })} ${each.title} (${moment(each.at)})</p>`)}
    <ul class="plain">${now.told.map((each) => html`<li><b>${each.job}</b> ${moment(each.ended_at)}: ${t("result." + each.result)}. ${each.sentence}
      ${each.run_id ? html` <a href=${`/r/${each.run_id}`}>${t("schedule.see")}</a>` : null}</li>`)}</ul></section>`;
}

render(html`<${Schedule} />`, place);
