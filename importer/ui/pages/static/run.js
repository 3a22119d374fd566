import { askToForget } from "./forget.js";
import { progressLine } from "./live.js";
import { Bar, Counts, Trouble, get, html, known, number, poll, post, render, rows, say, t, useEffect, useRef, useState } from "./ui.js";
import { Upload } from "./upload.js";

const place = document.getElementById("app");
const run = place.dataset.run;
const aim = known(place, "place");

function Run() {
  const [now, setNow] = useState(null);
  const [error, setError] = useState(null);
  const [asked, setAsked] = useState(null);
  const told = useRef({ tenth: -1, state: null, notice: false });

  const [gone, setGone] = useState(null);
  const look = async () => {
    const found = await get(`/api/r/${run}`).catch((refused) => { if (refused.status === 422) setGone(refused.message); throw refused; });
    setGone(null);
    setNow(found);
    tell(found, told.current);
    if (!found.under_way && !found.undoing) setAsked(null);
  };
  useEffect(() => poll(look, 1, () => told.current.notice), []);

  const act = async (what, said = {}) => {
    setError(null);
    setAsked(what);
    if (what === "pause") say(t("run.pausing"));
    try { await post(`/api/r/${run}/${what}`, said); await look(); } catch (refused) { setError(refused.message); setAsked(null); }
  };

  // One that was ended while it still read the file sent nothing, and left nothing to go on with.
  if (gone) return html`<p class="notice halt" id="gone">${now && now.under_way ? t("run.ended_before") : gone}</p>
    <p class="onward"><a class="button main" href=${now && now.draft ? `/d/${now.draft}/forecast` : "/"}>${t(now && now.draft ? "run.see_forecast" : "start.link")}</a></p>`;
  if (!now) return html`<p role="status">${t("run.looking")}</p>`;
  return html`<p class="lead"><span class="value">${now.source}</span></p>
    <${Trouble} error=${error} />
    ${now.under_way ? html`<${UnderWay} now=${now} asked=${asked} act=${act} told=${told.current} />` : html`<${Ended} now=${now} act=${act} asked=${asked} />`}`;
}

function tell(found, before) {
  const state = found.under_way ? found.phase : found.undoing ? "undoing" : found.state;
  if (state !== before.state) {
    say(found.under_way ? t("run.going") : found.undoing ? t("undo.going") : t("run.ended_as", { state: t("state." + found.state) }));
    if (!found.under_way && before.notice) notify(t("run.ended_as", { state: t("state." + found.state) }));
    before.state = state;
  }
  // every tenth, not every second: whoever listens wants to do something else
  const tenth = found.rows ? Math.floor((10 * (found.settled || 0)) / found.rows) : -1;
  if (found.under_way && tenth > before.tenth) {
    if (before.tenth >= 0) say(t("run.tenth", { n: tenth * 10 }));
    before.tenth = tenth;
  }
}

// Names neither the file nor a person: it may stand on a locked screen.
function notify(text) {
  try { new Notification(t("app.name"), { body: text }); } catch { /* some browsers show notices of installed pages alone */ }
}

// The browser asks its question only once somebody wished for a notice; the wish ends with the page.
function Notice({ told }) {
  const [answer, setAnswer] = useState(null);
  if (!("Notification" in window)) return null;
  const ask = async () => {
    const said = await Notification.requestPermission();
    told.notice = said === "granted";
    setAnswer(said);
  };
  if (answer || told.notice) return html`<p class="note" id="notice" role="status">${t(told.notice ? "run.tells" : "run.tells_not")}</p>`;
  return html`<p class="onward"><button type="button" class="quiet" id="tell-me" onClick=${ask}>${t("run.tell_me")}</button></p>`;
}

function UnderWay({ now, asked, act, told }) {
  const waiting = asked === "pause" || asked === "stop";
  return html`<section>
    <p id="standing">${waiting ? t("run.pausing") : progressLine(now)}</p>
    <progress max=${now.rows || 1} value=${now.settled || 0} aria-label=${t("run.progress")}></progress>
    <${Bar} counts=${now} total=${now.rows} label=${t("run.rows")} />
    <${Counts} counts=${now} />
    ${now.workers ? html`<p class="note" id="workers">${t("run.workers", { done: number(now.parts.finished), all: number(Object.values(now.parts).reduce((sum, one) => sum + one, 0)), who: now.workers.join("; ") || "-" })}</p>` : null}
    <p class="onward">
      <button type="button" onClick=${() => act("pause")} disabled=${waiting}>${t("run.pause")}</button>
      <button type="button" class="quiet" onClick=${() => act("stop")} disabled=${waiting}>${t("run.stop")}</button>
    </p>
    <p class="note">${t("run.close_note")}</p>
    <${Notice} told=${told} />
  </section>`;
}

function Ended({ now, act, asked }) {
  const busy = asked !== null || now.undoing;
  return html`<section>
      <p><b class=${"pill " + (now.state === "finished" ? "good" : "halt")} id="standing">${t(now.undoing ? "undo.under_way" : "state." + now.state)}</b> ${now.reason || ""}</p>
      <${Bar} counts=${now} total=${now.rows} label=${t("run.rows")} />
      <${Counts} counts=${now} />
      <p class="onward">
        ${now.state === "stopped" ? html`<${GoOn} now=${now} busy=${busy} act=${act} />` : null}
        ${now.retryable && now.state === "finished" ? html`<button type="button" disabled=${busy} onClick=${() => act("retry")}>${t("run.retry", { rows: rows(now.retryable) })}</button>` : null}
      </p>
    </section>
    ${now.undoing ? html`<section><p role="status">${t("undo.going")}</p><progress aria-label=${t("undo.going")}></progress>
      <p class="note" id="undo-says">${now.undo_says}</p>
      <p class="onward"><button type="button" id="undo-pause" disabled=${asked === "pause"} onClick=${() => act("pause")}>${t("run.pause")}</button></p></section>` : null}
    <${Kin} now=${now} />
    ${now.draft && now.changed_since && !changedRest(now) && !(now.followed_by || []).length ? html`<p class="notice halt">${t("run.changed_since")} <a href=${`/d/${now.draft}/forecast`}>${t("run.see_forecast")}</a></p>` : null}
    ${now.causes && now.causes.length ? html`<section><h2>${t("run.causes")}</h2>
      ${now.causes.length > 1 ? html`<p class="note">${t("run.first_fault")}</p>` : null}${now.draft ? html`<p class="onward"><a class="button" id="mend" href=${`/d/${now.draft}/rows`}>${t("run.mend")}</a></p>` : null}<ul class="plain">
      ${now.causes.map((cause) => html`<li><b>${number(cause.rows)}</b> ${cause.title || cause.code} <small class="note">${cause.mend || ""}</small></li>`)}</ul></section>` : null}
    ${now.files && now.files.length ? html`<section><h2>${t("run.files")}</h2><ul class="plain">
      ${now.files.filter((name) => now.failed || !name.startsWith("failed.")).map((name) => html`<li><a href=${`/r/${run}/files/${name}`} target=${name === "report.html" ? "_blank" : null} rel="noopener">${t("file." + name)}</a> <small>${name}</small></li>`)}</ul></section>` : null}
    ${now.undo_open && !now.undoing ? html`<p class="notice halt" id="undo-open">${t("undo.open")}</p>` : null}
    ${now.state === "undone" && !now.undoing ? html`<${TakenBack} />` : null}
    ${(now.state === "undone" && !now.undo_open) || now.undoing ? null : html`<${Undo} act=${act} busy=${busy} says=${now.undo_says} />`}
    <${Rows} now=${now} />
    ${now.next_file && now.state === "finished" ? html`<section class="notice good" id="next-file"><p>${t("together.next")}</p><p class="onward"><a class="button main" href=${`/d/${now.next_file.draft}/file`}>${t("together.go", { name: now.next_file.name })}</a></p></section>` : null}
    <section><h2>${t("again.like_title")}</h2><p class="note">${t("again.like_note")}</p>
      <${Upload} like=${run} onDone=${(draft) => { location.href = `/d/${draft}/file`; }} />
      ${now.sandbox ? null : html`<p class="onward"><a class="button" id="schedule" href=${`/schedule?like=${run}`}>${t("run.schedule")}</a></p>`}</section>
    <p class="onward"><button type="button" class="quiet" disabled=${busy} onClick=${() => askToForget(run, () => { location.href = "/history"; })}>${t("forget.this")}</button></p>`;
}

const changedRest = (now) => Boolean(now.state === "stopped" && now.changed_since && now.rest_can_be_changed && !(now.followed_by || []).length);

// What somebody corrected after a trial has to come along: the run itself goes on with the rows as they were.
function GoOn({ now, busy, act }) {
  if ((now.followed_by || []).length) return null;
  const resume = html`<button type="button" class=${changedRest(now) ? "" : "main"} id="resume" disabled=${busy} onClick=${() => act("resume")}>${t(changedRest(now) ? "run.go_on_as_begun" : "run.go_on")}</button>`;
  return changedRest(now) ? html`<a class="button main" id="with-changes" href=${`/d/${now.draft}/forecast`}>${t("run.go_on_changed")}</a>${resume}` : resume;
}

function Rows({ now }) {
  const [status, setStatus] = useState("");
  const [from, setFrom] = useState(1);
  const [text, setText] = useState("");
  const [after, setAfter] = useState(0);
  const asked = useRef(0);
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  useEffect(() => {
    const turn = ++asked.current; // what was looked for before may take longer, and is not wanted any more
    const query = new URLSearchParams({ status, from, after, text });
    get(`/api/r/${run}/rows?${query}`).then((rows) => { if (turn === asked.current) { setFound(rows); setError(null); } })
      .catch((refused) => { if (turn === asked.current) { setFound(null); setError(refused.message); } });
  }, [status, from, after, text, now.state, now.settled, now.undoing]);
  return html`<section id="rows"><h2>${t("ended.rows")}</h2>
    <div class="chips"><label>${t("runs.state")}<select id="status" value=${status} onChange=${(event) => { setStatus(event.target.value); setFrom(1); setAfter(0); }}>
        ${["", "created", "updated", "skipped", "failed"].map((each) => html`<option value=${each} selected=${each === status}>${each ? t("status." + each) : t("ended.all")}</option>`)}</select></label>
      <${Wanted} label=${t("ended.from")} type="number" id="from" min="1" value=${from} settle=${(said) => { setFrom(Math.max(1, Math.floor(Number(said)) || 1)); setAfter(0); }} />
      <${Wanted} label=${t("ended.text")} type="search" id="text" class="value" maxlength="200" autocomplete="off" value=${text} settle=${(said) => { setText(said.trim()); setAfter(0); }} /></div>
    <${Trouble} error=${error} />
    ${found && found.rows.length ? html`<div class="scroll" tabindex="0" role="region" aria-label=${t("ended.rows")}><table><thead><tr><th scope="col" class="n">${t("file.row")}</th><th scope="col">${t("runs.state")}</th><th scope="col">${t("ended.contact")}</th><th scope="col">${t("ended.why")}</th></tr></thead>
      <tbody>${found.rows.map((each) => html`<tr><th scope="row" class="n">${number(each.row)}</th><td>${t("status." + each.status)}</td>
        <td>${each.link ? html`<a href=${each.link} target="_blank" rel="noopener noreferrer">${each.contact_id}</a>` : html`<code>${each.contact_id || ""}</code>`}</td><td class="value">${each.message || each.code || ""}${each.cell ? html` <small>${each.column}: ${each.cell}</small>` : null}</td></tr>`)}</tbody></table></div>`
    : found ? html`<p class="note">${found.more ? t("ended.none_yet", { n: number(found.after % 2 ** 32) }) : t(text ? "ended.nowhere" : "ended.none")}</p>` : null}
    ${found && found.more ? html`<p class="onward"><button type="button" id="more" onClick=${() => setAfter(found.after)}>${t("rows.next")}</button></p>` : null}</section>`;
}

// The page draws itself anew each second: what is half typed must outlive that.
function Wanted({ label, value, settle, ...rest }) {
  const [typed, setTyped] = useState(value);
  return html`<label>${label}<input ...${rest} value=${typed} onInput=${(event) => setTyped(event.target.value)} onChange=${(event) => settle(event.target.value)} /></label>`;
}

function Kin({ now }) {
  const link = (id) => html` <a href=${`/r/${id}`}>${id}</a>`;
  return html`${now.follows ? html`<p class="note" id="follows">${t("run.follows")}${link(now.follows)}</p>` : null}
    ${now.followed_by && now.followed_by.length ? html`<p class="note" id="followed">${t("run.followed")}${now.followed_by.map(link)}</p>` : null}`;
}

// What taking it back came to: counted over all rows, so it is asked once.
function TakenBack() {
  const [found, setFound] = useState(null);
  useEffect(() => { get(`/api/r/${run}/taken-back`).then(setFound).catch(() => {}); }, []);
  if (!found) return null;
  return html`<section id="taken-back"><h2>${t("undo.came_to")}</h2>
    <dl class="counts">${["deleted", "restored", "kept", "failed", "nothing"].map((name) => html`<div class=${"undo-" + name}><dt>${t("undone." + name)}</dt><dd>${number(found[name] || 0)}</dd></div>`)}</dl>
    <p class="note">${t("undo.by_row")}</p>
    ${Object.keys(found.reasons).length ? html`<p>${t("undo.reasons")}</p><ul>${Object.entries(found.reasons).map(([why, count]) => html`<li><b>${number(count)}</b> ${why}</li>`)}</ul>` : null}
    <p class="note">${t("undo.list")}</p></section>`;
}

function Undo({ act, busy, says }) {
  const [preview, setPreview] = useState(null);
  const [error, setError] = useState(null);
  const [looking, setLooking] = useState(false);
  const [typed, setTyped] = useState("");
  const look = async () => {
    setLooking(true);
    setError(null);
    try { setPreview(await post(`/api/r/${run}/undo`, { dry: true })); } catch (refused) { setError(refused.message); }
    setLooking(false);
  };
  const wanted = aim.confirm;
  const named = typed.trim().replace(/\s+/g, " ").toLowerCase() === wanted.toLowerCase();
  return html`<section><h2>${t("undo.title")}</h2>
    <p class="note">${t("undo.note")}</p>
    <${Trouble} error=${error} />
    ${preview ? html`<dl class="counts">${["deleted", "restored", "kept", "failed", "nothing"].map((name) => html`<div class=${"undo-" + name}><dt>${t("undo." + name)}</dt><dd>${number(preview[name] || 0)}</dd></div>`)}</dl>
      <p class="note">${t("undo.by_row")}</p>
      ${Object.keys(preview.reasons || {}).length ? html`<p>${t("undo.reasons")}</p><ul id="reasons">${Object.entries(preview.reasons).map(([why, count]) => html`<li><b>${number(count)}</b> ${why}</li>`)}</ul>` : null}
      <p class="notice halt">${t("undo.never")}${preview.jobs && preview.jobs.length ? ` ${t("undo.jobs", { names: preview.jobs.join(", ") })}` : ""}</p>
      ${wanted ? html`<p><label>${t("undo.type", { name: wanted })}<input type="text" id="undo-typed" autocomplete="off" spellcheck="false" value=${typed} onInput=${(event) => setTyped(event.target.value)} /></label></p>` : null}
      <p class="onward"><button type="button" class="danger" id="undo" disabled=${busy || !named} onClick=${() => act("undo", { dry: false, confirmed: typed })}>${t("undo.do")}</button></p>`
    : html`<p class="onward"><button type="button" id="undo-look" disabled=${looking || busy} onClick=${look}>${looking ? t("undo.looking") : t("undo.look")}</button></p>
      ${looking ? html`<p class="note" role="status" id="looks">${says}</p>` : null}`}
  </section>`;
}

render(html`<${Run} />`, place);
