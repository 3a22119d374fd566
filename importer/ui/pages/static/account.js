import { Trouble, html, known, post, render, say, t, useState } from "./ui.js";

const place = document.getElementById("app");
const draft = known(place, "draft");

function Account() {
  const [sandbox, setSandbox] = useState(draft.sandbox);
  const [where, setWhere] = useState(draft.location || "");
  const [token, setToken] = useState("");
  const [remember, setRemember] = useState(false);
  const [kept, setKept] = useState(known(place, "known"));
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);

  const choose = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    setFound(null);
    try {
      const answer = await post(`/api/d/${draft.id}/account`, { sandbox, location: where, token, remember, version: draft.version });
      setToken("");
      draft.version += 1;
      if (sandbox) { location.href = `/d/${draft.id}/columns`; return; }
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

  return html`<form onSubmit=${choose}>
    <fieldset>
      <legend>${t("account.where")}</legend>
      <label class="choice"><input type="radio" name="where" checked=${sandbox} onChange=${() => setSandbox(true)} />
        <span><b>${t("account.sandbox")}</b><small>${t("account.sandbox_note")}</small></span></label>
      <label class="choice"><input type="radio" name="where" checked=${!sandbox} onChange=${() => setSandbox(false)} />
        <span><b>${t("account.location")}</b><small>${t("account.location_note")}</small></span></label>
    </fieldset>
    ${sandbox ? null : html`<section>
      ${kept.length ? html`<h2>${t("account.connected")}</h2><ul class="plain" id="connected">${kept.map((each) => html`<li class="chips-line">
        <button type="button" aria-pressed=${where === each.id ? "true" : "false"} onClick=${() => { setWhere(each.id); setToken(""); }}>${each.name ? html`<b>${each.name}</b> ` : null}<code>${each.id}</code></button>
        <small>${t("kept." + each.kept)}</small>
        ${each.kept === "memory" ? null : html`<button type="button" class="quiet" onClick=${() => forget(each)}>${t("account.forget")}<span class="unseen"> ${each.name || each.id}</span></button>`}</li>`)}</ul>` : null}
      <p><label>${t("account.id")}<input type="text" id="location" autocomplete="off" spellcheck="false" required value=${where}
        onInput=${(event) => setWhere(event.target.value)} /></label></p>
      <p><label>${t("account.token")}<input type="password" id="token" autocomplete="off" value=${token} onInput=${(event) => setToken(event.target.value)} /></label></p>
      <label class="choice"><input type="checkbox" id="remember" checked=${remember} onChange=${(event) => setRemember(event.target.checked)} />
        <span>${t("account.remember")}<small>${t("account.remember_note")}</small></span></label>
      <p class="note">${t("account.how")}</p>
    </section>`}
    <${Trouble} error=${error} />
    <p class="onward"><button type="submit" class="main" disabled=${busy}>${busy ? t("account.looking") : t(sandbox ? "account.use_sandbox" : "account.look")}</button></p>
  </form>
  ${found ? html`<section aria-live="polite"><h2>${found.name || t("account.found")}</h2>
    ${found.good ? null : html`<p class="notice bad">${t("account.bad")}</p>`}
    <${Findings} lines=${found.findings.filter((each) => each.grade !== "ok" || ["location", "matching"].includes(each.subject))} />
    <details><summary>${t("account.all", { n: found.findings.length })}</summary><${Findings} lines=${found.findings} /></details>
    ${found.kept ? html`<p class="notice good" id="kept">${t(found.kept === "keyring" ? "account.kept_keyring" : "account.kept_file")}</p>` : remember && !found.good ? html`<p class="notice halt" id="kept">${t("account.not_kept")}</p>` : null}
    <p class="onward"><a class="button main" href=${`/d/${draft.id}/columns`}>${t(found.good ? "account.onward" : "account.onward_all_the_same")}</a></p>
  </section>` : null}`;
}

function Findings({ lines }) {
  return html`<ul class="findings">${lines.map((each) => html`<li class=${each.grade}><b>${t("grade." + each.grade)}: ${each.subject}</b> ${each.text}</li>`)}</ul>`;
}

render(html`<${Account} />`, place);
