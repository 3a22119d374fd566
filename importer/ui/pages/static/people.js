// S4b: who becomes one contact. A choice goes into the mapping; all rows are checked again, and the counts follow.
import { Checking, cancelled, followed } from "./checking.js";
import { Trouble, get, html, known, number, post, render, rows, say, t, useEffect, useRef, useState } from "./ui.js";

const place = document.getElementById("app");
const draft = known(place, "draft");
const GROUPS = 4;
const SHOWN = 20;
const POLICY = { apart_phone: "shared_key", apart_email: "shared_key", taken_as_one: "in_file_duplicates", again: "in_file_duplicates" };
const CHOICES = { shared_key: ["leave_out", "send", "fail"], in_file_duplicates: ["in_order", "first", "last", "merge", "fail"], ambiguous: ["skip", "send"] };

function People() {
  const [now, setNow] = useState(null);
  const [chosen, setChosen] = useState(null);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [standing, setStanding] = useState(null);
  const load = async () => {
    try {
      await followed(draft, setStanding);
      const found = await get(`/api/d/${draft.id}/people`);
      setNow(found);
      setChosen((before) => (found.kinds.some((each) => each.kind === before) ? before : found.kinds[0]?.kind ?? null));
      return found;
    } catch (refused) { setError(refused.message); return null; }
  };
  useEffect(() => { load(); }, []);
  // Whoever goes through the choices with the arrow keys means the last one: a choice made meanwhile waits, and keeps the focus.
  const waiting = useRef(null);
  const choose = async (policy, value) => {
    setNow((before) => ({ ...before, match: { ...before.match, [policy]: value } }));
    const idle = waiting.current === null;
    waiting.current = { policy, value };
    if (!idle) return;
    setBusy(true);
    setError(null);
    let version = now.version;
    let found = null;
    while (waiting.current.policy) {
      const wish = waiting.current;
      waiting.current = {};
      try {
        ({ version } = await post(`/api/d/${draft.id}/mapping`, { do: "edit", set_to: [[["match", wish.policy], wish.value]], unset: [], version }));
      } catch (refused) { setError(refused.message); }
      if (!waiting.current.policy) found = await load();
    }
    waiting.current = null;
    if (found) say(t("people.counted", { ready: number(found.counts.ready), skipped: number(found.counts.skipped), failed: number(found.counts.failed) }));
    setBusy(false);
  };
  if (!now) return html`<${Trouble} error=${error} />${error || !standing ? null : html`<${Checking} standing=${standing} cancel=${() => cancelled(draft)} />`}`;
  const kind = now.kinds.find((each) => each.kind === chosen);
  return html`<${Trouble} error=${error} />
    <section aria-busy=${busy}>
      <dl class="counts">
        <div><dt>${t("rows.read")}</dt><dd>${number(now.counts.rows_read)}</dd></div>
        <div class="created"><dt>${t("rows.ready")}</dt><dd id="ready">${number(now.counts.ready)}</dd></div>
        <div class="skipped"><dt>${t("status.skipped")}</dt><dd id="skipped">${number(now.counts.skipped)}</dd></div>
        <div class="failed"><dt>${t("rows.failing")}</dt><dd id="failing">${number(now.counts.failed)}</dd></div>
      </dl>
      ${now.kinds.length ? null : html`<p id="none">${t("people.none")}</p>`}
      ${now.kinds.length > 1 ? html`<ul class="causes">${now.kinds.map((each) => html`<li><button type="button" aria-pressed=${each.kind === chosen ? "true" : "false"} onClick=${() => setChosen(each.kind)}><b>${number(each.groups)}</b> ${each.groups === 1 ? t("people.group_of") : t("people.groups_of")} ${t("kind." + each.kind)}</button></li>`)}</ul>` : null}
    </section>
    ${kind ? html`<${Kind} key=${kind.kind} kind=${kind} now=${now} busy=${busy} choose=${choose} />` : null}
    ${draft.sandbox ? null : html`<${Ambiguous} now=${now} busy=${busy} choose=${choose} load=${load} />`}
    <p class="onward"><a class="button main" id="onward" href=${`/d/${draft.id}/forecast`}>${t("account.onward")}</a>
      <a class="button" href=${`/d/${draft.id}/rows`}>${t("confirm.back")}</a></p>`;
}

function Choice({ policy, now, busy, choose }) {
  const value = now.match[policy];
  return html`<fieldset aria-busy=${busy}><legend>${t("policy." + policy)}</legend>
    ${CHOICES[policy].map((each) => html`<label class="choice"><input type="radio" name=${policy} value=${each} checked=${value === each} onChange=${() => choose(policy, each)} />
      <span>${t("policy." + policy + "." + each)}</span></label>`)}</fieldset>`;
}

function Kind({ kind, now, busy, choose }) {
  const policy = POLICY[kind.kind];
  return html`<section><h2 class="kind">${t("kind." + kind.kind)}</h2>
    <p>${t("kind_says." + kind.kind, { rows: rows(kind.rows), groups: t(kind.groups === 1 ? "count.group" : "count.groups", { n: number(kind.groups) }) })}</p>
    <${Choice} policy=${policy} now=${now} busy=${busy} choose=${choose} />
    <${Groups} kind=${kind} policy=${now.match[policy]} version=${now.version} /></section>`;
}

function Groups({ kind, policy, version }) {
  const [first, setFirst] = useState(0);
  const [found, setFound] = useState([]);
  const [error, setError] = useState(null);
  useEffect(() => {
    get(`/api/d/${draft.id}/groups?kind=${kind.kind}&first=${first}`).then((answer) => setFound(answer.groups)).catch((refused) => setError(refused.message));
  }, [first, version]);
  const last = Math.max(0, Math.floor((kind.groups - 1) / GROUPS) * GROUPS);
  return html`<${Trouble} error=${error} />
    ${found.map((group) => html`<${Group} key=${group.n} group=${group} kind=${kind.kind} policy=${policy} />`)}
    ${kind.groups > GROUPS ? html`<nav class="onward" aria-label=${t("people.pages")}>
      <button type="button" disabled=${first === 0} onClick=${() => setFirst(Math.max(0, first - GROUPS))}>${t("rows.before")}</button>
      <label>${t("people.group")}<input type="number" id="group" min="1" max=${kind.groups} value=${first + 1} onChange=${(event) => setFirst(Math.min(last, Math.max(0, Math.floor((Number(event.target.value) - 1) / GROUPS) * GROUPS)))} /></label>
      <button type="button" disabled=${first >= last} onClick=${() => setFirst(first + GROUPS)}>${t("rows.next")}</button>
      <span class="note" id="page">${t("rows.shown", { from: number(first + 1), to: number(Math.min(first + GROUPS, kind.groups)), all: number(kind.groups) })}</span></nav>` : null}`;
}

function becomes(member, index, { rows: count }, kind, policy) {
  if (member.fails) return t("becomes.fails");
  if (kind.startsWith("apart")) return member.apart ? t("becomes." + policy + "_" + kind) : t("becomes.keeps");
  if (policy === "in_order") return t(index ? "becomes.later" : "becomes.sent");
  if (policy === "fail") return t("becomes.fails");
  return t((policy === "last" ? index === count - 1 : index === 0) ? "becomes." + (policy === "merge" ? "merged" : "sent") : "becomes.not_sent");
}

function Group({ group, kind, policy }) {
  const label = t("people.one", { n: number(group.n + 1), rows: rows(group.rows) });
  return html`<div class="scroll group" tabindex="0" role="region" aria-label=${label}><table>
    <caption>${label}</caption>
    <thead><tr><th scope="col" class="n">${t("file.row")}</th>${group.columns.map((name) => html`<th scope="col">${name || "\u2014"}</th>`)}<th scope="col">${t("people.becomes")}</th></tr></thead>
    <tbody>${group.members.map((member, index) => html`<tr><th scope="row" class="n">${number(member.row)}</th>
      ${member.cells.map((cell, at) => html`<td class=${group.differing[at] ? "value differs" : "value"}>${cell}</td>`)}<td>${becomes(member, index, group, kind, policy)}</td></tr>`)}</tbody>
  </table>
  ${group.rows > group.members.length ? html`<p class="note">${t("people.more_rows", { rows: rows(group.rows - group.members.length) })}</p>` : null}
  ${group.more_differ ? html`<p class="note">${t("people.more_columns", { n: number(group.more_differ) })}</p>` : null}</div>`;
}

function Ambiguous({ now, busy, choose, load }) {
  const [looking, setLooking] = useState(false);
  const [error, setError] = useState(null);
  const [found, setFound] = useState([]);
  const [first, setFirst] = useState(0);
  useEffect(() => {
    if (now.ambiguous) get(`/api/d/${draft.id}/ambiguous?first=${first}`).then((answer) => setFound(answer.rows)).catch((refused) => setError(refused.message));
  }, [first, now.ambiguous]);
  const look = async () => {
    setLooking(true);
    setError(null);
    try { await post(`/api/d/${draft.id}/plan`); await load(); say(t("plan.done")); } catch (refused) { setError(refused.message); }
    setLooking(false);
  };
  return html`<section><h2>${t("ambiguous.title")}</h2><p class="note">${t("ambiguous.note")}</p>
    <${Trouble} error=${error} />
    ${now.ambiguous === null ? html`<p class="onward"><button type="button" id="look" disabled=${looking} onClick=${look}>${looking ? t("plan.looking") : t("plan.look")}</button></p>`
      : now.ambiguous === 0 && now.match.ambiguous === "skip" ? html`<p id="unambiguous">${t("ambiguous.none")}</p>`
      : html`${now.ambiguous ? html`<p id="ambiguous"><b>${t("ambiguous.rows", { rows: rows(now.ambiguous) })}</b></p>` : null}
        <${Choice} policy="ambiguous" now=${now} busy=${busy} choose=${choose} />
        <ul class="plain">${found.map((each) => html`<li><b>${t("rows.row", { n: number(each.row) })}</b> <span class="value">${each.reason}</span></li>`)}</ul>
        ${now.ambiguous > SHOWN ? html`<nav class="onward" aria-label=${t("people.pages")}><button type="button" disabled=${first === 0} onClick=${() => setFirst(first - SHOWN)}>${t("rows.before")}</button><button type="button" disabled=${first + SHOWN >= now.ambiguous} onClick=${() => setFirst(first + SHOWN)}>${t("rows.next")}</button></nav>` : null}`}
  </section>`;
}

render(html`<${People} />`, place);
