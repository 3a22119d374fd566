// S2 and S5 where each row names its own sub-account: how many rows go to each, and who has no token.
import { Trouble, get, html, number, post, rows, say, t, useEffect, useState } from "./ui.js";

export function Findings({ lines }) {
  return html`<ul class="findings">${lines.map((each) => html`<li class=${each.grade}><b>${t("grade." + each.grade)}: ${each.subject}</b> ${each.text}</li>`)}</ul>`;
}

export const Kept = ({ kept }) => (kept === "missing" ? html`<b class="pill halt">${t("kept.missing")}</b>` : kept ? html`<small>${t("kept." + kept)}</small>` : null);

export const Place = ({ each }) => html`${each.name ? html`<b>${each.name}</b> ` : null}<code>${each.id}</code>`;

// All that the column names, with a field for each token that is missing and for each text that is no id.
export function Several({ draft }) {
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  const look = () => get(`/api/d/${draft.id}/locations`).then(setFound).catch((refused) => setError(refused.message));
  useEffect(() => { look(); }, []);
  const mean = async (text, location) => {
    setError(null);
    try { setFound(await post(`/api/d/${draft.id}/locations`, { text, location, version: found.version })); } catch (refused) { setError(refused.message); }
  };
  if (!found) return html`<${Trouble} error=${error} />${error ? null : html`<p role="status">${t("several.counting")}</p>`}`;
  return html`<section id="several"><h2>${t("several.title")}</h2>
    <${Trouble} error=${error} />
    <table><thead><tr><th scope="col">${t("several.place")}</th><th scope="col" class="n">${t("runs.rows")}</th><th scope="col">${t("several.token")}</th></tr></thead>
      <tbody>${found.places.map((each) => html`<tr key=${each.id}><th scope="row"><${Place} each=${each} />${each.texts.length ? html` <small class="value">${t("several.called", { texts: each.texts.slice(0, 5).join(", ") })}</small>` : null}</th>
        <td class="n">${number(each.rows)}</td><td><${Token} draft=${draft} each=${each} look=${look} /></td></tr>`)}</tbody></table>
    ${found.more ? html`<p class="note">${t("several.more", { n: number(found.more) })}</p>` : null}
    ${found.unknown.length ? html`<h3>${t("several.unknown")}</h3><p class="note">${t("several.unknown_note")}</p>
      <ul class="plain" id="unknown">${found.unknown.map((each) => html`<${Unknown} key=${each.text} each=${each} mean=${mean} />`)}</ul>` : null}
  </section>`;
}

function Token({ draft, each, look }) {
  const [open, setOpen] = useState(false);
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  const name = each.name || each.id;
  const take = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const answer = await post(`/api/d/${draft.id}/token`, { location: each.id, token });
      setToken("");
      setFound(answer);
      say(t(answer.good ? "account.good" : "account.bad"));
      if (answer.good) { setOpen(false); await look(); }
    } catch (refused) { setError(refused.message); }
    setBusy(false);
  };
  if (each.kept === null) return null;
  return html`<${Kept} kept=${each.kept} /> ${open ? html`<form onSubmit=${take}><input type="password" required autocomplete="off" aria-label=${t("several.token_of", { name })} value=${token} onInput=${(event) => setToken(event.target.value)} />
      <button type="submit" disabled=${busy}>${t(busy ? "account.looking" : "several.check")}</button></form>`
    : html`<button type="button" class="quiet" onClick=${() => setOpen(true)}>${t("several.enter")}<span class="unseen"> ${name}</span></button>`}
    <${Trouble} error=${error} />${found && !found.good ? html`<${Findings} lines=${found.findings.filter((line) => line.grade !== "ok")} />` : null}`;
}

function Unknown({ each, mean }) {
  const [where, setWhere] = useState("");
  const text = each.text || t("several.blank");
  return html`<li class="chips-line"><span><b class="value">${text}</b> ${rows(each.rows)}</span>
    <label>${t("several.means_short")}<input type="text" spellcheck="false" autocomplete="off" aria-label=${t("several.means", { text })} value=${where} onInput=${(event) => setWhere(event.target.value)} /></label>
    <button type="button" disabled=${!where.trim()} onClick=${() => mean(each.text, where)}>${t("several.mean")}<span class="unseen"> ${text}</span></button></li>`;
}

// What the forecast says of each, and a warning of those that nothing can be sent to.
export function Foreseen({ draft }) {
  const [found, setFound] = useState(null);
  useEffect(() => { get(`/api/d/${draft.id}/foreseen-locations`).then(setFound).catch(() => {}); }, []);
  if (!found) return null;
  return html`<div id="foreseen">${found.missing ? html`<p class="notice halt" id="missing-tokens">${t("several.missing", { n: number(found.missing) })} (${rows(found.missing_rows)}) <a href=${`/d/${draft.id}/account`}>${t("several.see")}</a></p>` : null}
    <table><thead><tr><th scope="col">${t("several.place")}</th><th scope="col" class="n">${t("runs.rows")}</th>${draft.sandbox ? null : html`<th scope="col">${t("several.token")}</th>`}</tr></thead>
      <tbody>${found.places.map((each) => html`<tr><th scope="row"><${Place} each=${each} /></th><td class="n">${number(each.rows)}</td>${draft.sandbox ? null : html`<td><${Kept} kept=${each.kept} /></td>`}</tr>`)}</tbody></table>
    ${found.more ? html`<p class="note">${t("several.more", { n: number(found.more) })}</p>` : null}</div>`;
}
