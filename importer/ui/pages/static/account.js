// S2: where the contacts go: the sandbox, one sub-account, or each row into the one that it names.
import { Agency, Connect } from "./connect.js";
import { Findings, Several } from "./several.js";
import { Trouble, get, html, known, post, render, say, t, useEffect, useState } from "./ui.js";

const place = document.getElementById("app");
const draft = known(place, "draft");
const app = known(place, "app");

function Account() {
  const [into, setInto] = useState(draft.sandbox ? "sandbox" : draft.column ? "several" : "one");
  const [where, setWhere] = useState(draft.location || "");
  const [token, setToken] = useState("");
  const [remember, setRemember] = useState(false);
  const [column, setColumn] = useState(draft.column || "");
  const [kept, setKept] = useState(known(place, "known"));
  const [agency, setAgency] = useState(known(place, "agency"));
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);

  const choose = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    setFound(null);
    try {
      const said = into === "several" ? { sandbox: false, column } : { sandbox: into === "sandbox", location: where, token, remember };
      const answer = await post(`/api/d/${draft.id}/account`, { ...said, version: draft.version });
      if (into === "sandbox") { location.href = `/d/${draft.id}/columns`; return; }
      if (into === "several") { location.reload(); return; }
      setToken("");
      draft.version = answer.version;
      draft.column = null;
      setFound(answer);
      say(t(answer.good ? "account.good" : "account.bad"));
    } catch (refused) { setError(refused.message); }
    setBusy(false);
  };
  const forget = async (each) => {
    setError(null);
    try {
      setKept((await post("/api/connections/forget", { location: each.id })).known);
      say(t("account.forgotten", { name: each.name || each.id }));
    } catch (refused) { setError(refused.message); }
  };
  const connected = (login) => {
    setKept(login.known);
    if (login.agency) setAgency(true); else setWhere(login.whose);
  };
  const pick = (id) => { setWhere(id); setToken(""); };
  const way = (name, title, note) => html`<label class="choice"><input type="radio" name="where" value=${name} checked=${into === name} onChange=${() => { setInto(name); setFound(null); }} />
    <span><b>${title}</b><small>${note}</small></span></label>`;
  const settled = into === "several" && draft.several && column === draft.column;

  return html`<form onSubmit=${choose}>
    <fieldset>
      <legend>${t("account.where")}</legend>
      ${way("sandbox", t("account.sandbox"), t("account.sandbox_note"))}
      ${way("one", t("account.location"), t("account.location_note"))}
      ${way("several", t("account.several"), t("account.several_note"))}
    </fieldset>
    ${into === "one" ? html`<section>
      ${draft.column ? html`<p class="notice halt" id="instead">${t("account.instead", { column: draft.column })}</p>` : null}
      ${kept.length ? html`<h2>${t("account.connected")}</h2><ul class="plain" id="connected">${kept.map((each) => html`<li class="chips-line">
        <button type="button" aria-pressed=${where === each.id ? "true" : "false"} onClick=${() => pick(each.id)}>${each.name ? html`<b>${each.name}</b> ` : null}<code>${each.id}</code></button>
        <small>${t("kept." + each.kept)}</small>
        ${["keyring", "file"].includes(each.kept) ? html`<button type="button" class="quiet" onClick=${() => forget(each)}>${t("account.forget")}<span class="unseen"> ${each.name || each.id}</span></button>` : null}</li>`)}</ul>` : null}
      ${agency ? html`<${Agency} where=${where} pick=${pick} />` : null}
      <p><label>${t("account.id")}<input type="text" id="location" autocomplete="off" spellcheck="false" required value=${where}
        onInput=${(event) => setWhere(event.target.value)} /></label></p>
      <p><label>${t("account.token")}<input type="password" id="token" autocomplete="off" value=${token} onInput=${(event) => setToken(event.target.value)} /></label></p>
      <label class="choice"><input type="checkbox" id="remember" checked=${remember} onChange=${(event) => setRemember(event.target.checked)} />
        <span>${t("account.remember")}<small>${t("account.remember_note")}</small></span></label>
      <p class="note">${t("account.how")}</p>
    </section>` : null}
    ${into === "several" ? html`<section><${ColumnOf} column=${column} setColumn=${setColumn} /></section>` : null}
    <${Trouble} error=${error} />
    ${settled ? null : html`<p class="onward"><button type="submit" class="main" disabled=${busy}>${busy ? t("account.looking") : { sandbox: t("account.use_sandbox"), one: t("account.look"), several: t("account.use_column") }[into]}</button></p>`}
  </form>
  ${into === "one" ? html`<${Connect} app=${app} connected=${connected} />` : null}
  ${settled ? html`<${Several} draft=${draft} />
    <p class="onward"><a class="button main" id="onward" href=${`/d/${draft.id}/columns`}>${t("account.onward")}</a></p>` : null}
  ${found ? html`<section aria-live="polite"><h2>${found.name || t("account.found")}</h2>
    ${found.good ? null : html`<p class="notice bad">${t("account.bad")}</p>`}
    <${Findings} lines=${found.findings.filter((each) => each.grade !== "ok" || ["location", "matching"].includes(each.subject))} />
    <details><summary>${t("account.all", { n: found.findings.length })}</summary><${Findings} lines=${found.findings} /></details>
    ${found.kept ? html`<p class="notice good" id="kept">${t(found.kept === "keyring" ? "account.kept_keyring" : "account.kept_file")}</p>` : remember && !found.good ? html`<p class="notice halt" id="kept">${t("account.not_kept")}</p>` : null}
    <p class="onward"><a class="button main" href=${`/d/${draft.id}/columns`}>${t(found.good ? "account.onward" : "account.onward_all_the_same")}</a></p>
  </section>` : null}`;
}

function ColumnOf({ column, setColumn }) {
  const [header, setHeader] = useState(column ? [column] : []);
  const [error, setError] = useState(null);
  useEffect(() => { get(`/api/d/${draft.id}/file`).then((file) => setHeader(file.found.header.filter((each) => each))).catch((refused) => setError(refused.message)); }, []);
  return html`<${Trouble} error=${error} /><label>${t("account.column")}<select id="column" required value=${column} onChange=${(event) => setColumn(event.target.value)}>
    <option value="" selected=${!column}>${t("account.choose_column")}</option>
    ${header.map((each) => html`<option value=${each} selected=${each === column}>${each}</option>`)}</select></label>`;
}

render(html`<${Account} />`, place);
