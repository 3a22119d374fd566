// S2: Connect with HighLevel: the login is a process of its own, and this page shows what it asks.
import { Trouble, get, html, number, poll, post, say, t, useEffect, useRef, useState } from "./ui.js";

const MOST = 500;

export function Connect({ app, connected }) {
  const [login, setLogin] = useState({ state: "none" });
  const [client, setClient] = useState(app.client_id);
  const [secret, setSecret] = useState("");
  const [agency, setAgency] = useState(false);
  const [redirect, setRedirect] = useState("");
  const [pasted, setPasted] = useState("");
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);

  const take = (found) => {
    setLogin(found);
    if (found.state === "connected") {
      connected(found);
      say(t(found.agency ? "login.connected_agency" : "login.connected", { whose: found.whose }));
    }
    if (found.state === "failed") setError(found.says);
  };
  // What the browser brings back goes to the command itself where it listens: it is asked how it stands.
  useEffect(() => (login.state === "waiting" && login.listens ? poll(async () => take(await get("/api/login"))) : undefined), [login.state, login.listens]);
  const ask = async (path, said) => {
    setBusy(true);
    setError(null);
    try { take(await post(path, said)); } catch (refused) { setError(refused.message); }
    setBusy(false);
  };
  const begin = async (event) => {
    event.preventDefault();
    await ask("/api/login", { client_id: client, secret, agency, redirect });
    setSecret("");
  };
  const hand = async (event) => {
    event.preventDefault();
    await ask("/api/login/answer", { pasted });
    setPasted("");
  };

  return html`<details id="connect" open=${login.state !== "none"}><summary>${t("login.title")}</summary>
    <section>
    <p class="note">${t("login.note")}</p>
    <${Trouble} error=${error} />
    ${login.state === "waiting" ? html`<p class="onward"><a class="button main" id="agree" href=${login.address} target="_blank" rel="noopener noreferrer">${t("login.open")}</a></p>
      <p>${t(login.listens ? "login.listens" : "login.then")}</p>
      ${login.says ? html`<p class="notice halt" id="login-says">${login.says}</p>` : null}
      ${login.listens ? null : html`<form onSubmit=${hand}><label>${t("login.pasted")}<input type="text" id="pasted" autocomplete="off" spellcheck="false" required value=${pasted} onInput=${(event) => setPasted(event.target.value)} /></label>
        <p class="onward"><button type="submit" class="main" disabled=${busy}>${t(busy ? "account.looking" : "login.hand")}</button></p></form>`}
      <p class="onward"><button type="button" class="quiet" onClick=${() => ask("/api/login/end", {})}>${t("login.end")}</button></p>`
    : html`${login.state === "connected" ? html`<p class="notice good" id="login-done">${t(login.agency ? "login.connected_agency" : "login.connected", { whose: login.whose })}</p>` : null}
      <form class="fields" onSubmit=${begin}>
        <label>${t("login.client")}<input type="text" id="client-id" autocomplete="off" spellcheck="false" required value=${client} onInput=${(event) => setClient(event.target.value)} /></label>
        <label>${t(app.secret_known ? "login.secret_known" : "login.secret")}<input type="password" id="client-secret" autocomplete="off" required=${!app.secret_known} value=${secret} onInput=${(event) => setSecret(event.target.value)} /></label>
        <label class="choice"><input type="checkbox" id="whole-agency" checked=${agency} onChange=${(event) => setAgency(event.target.checked)} /><span>${t("login.agency")}</span></label>
        <label>${t("login.redirect", { usual: app.usual })}<input type="text" id="redirect" autocomplete="off" spellcheck="false" value=${redirect} onInput=${(event) => setRedirect(event.target.value)} /></label>
        <p class="onward"><button type="submit" class="main" disabled=${busy}>${t(busy ? "login.beginning" : "login.begin")}</button></p>
      </form>`}
    </section></details>`;
}

// The sub-accounts that an agency's grant opens; it may have thousands, and a part of a name finds one.
export function Agency({ where, pick }) {
  const [found, setFound] = useState(null);
  const [search, setSearch] = useState("");
  const [error, setError] = useState(null);
  const asked = useRef(0);
  const look = (text) => {
    const turn = ++asked.current; // the answer to what was looked for before may come later, and is not wanted any more
    setFound(null);
    setError(null);
    get(`/api/agency-locations?search=${encodeURIComponent(text)}`).then((answer) => { if (turn === asked.current) setFound(answer.locations); })
      .catch((refused) => { if (turn === asked.current) setError(refused.message); });
  };
  useEffect(() => look(""), []);
  return html`<div id="agency"><h2>${t("agency.title")}</h2>
    <label>${t("agency.search")}<input type="search" id="agency-search" autocomplete="off" maxlength="100" value=${search}
      onInput=${(event) => setSearch(event.target.value)} onChange=${(event) => look(event.target.value)}
      onKeyDown=${(event) => { if (event.key === "Enter") { event.preventDefault(); event.target.blur(); } }} /></label>
    <${Trouble} error=${error} />
    ${found === null ? (error ? null : html`<p role="status">${t("agency.looking")}</p>`)
      : found.length ? html`<ul class="plain">${found.slice(0, 100).map((each) => html`<li class="chips-line" key=${each.location_id}><button type="button" aria-pressed=${where === each.location_id ? "true" : "false"} onClick=${() => pick(each.location_id)}><b>${each.name}</b> <code>${each.location_id}</code></button> <small>${each.address}</small></li>`)}</ul>
        ${found.length > 100 || found.length === MOST ? html`<p class="note">${t("agency.most", { n: number(Math.min(100, found.length)) })}</p>` : null}`
      : html`<p class="note">${t("agency.none")}</p>`}</div>`;
}
