import { Trouble, html, known, post, render, say, t, useState } from "./ui.js";

const place = document.getElementById("app");
const draft = known(place, "draft");
const stored = known(place, "known");

function Account() {
  const [sandbox, setSandbox] = useState(draft.sandbox);
  const [where, setWhere] = useState(draft.location || "");
  const [token, setToken] = useState("");
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);

  const choose = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const answer = await post(`/api/d/${draft.id}/account`, { sandbox, location: where, token, version: draft.version });
      setToken("");
      draft.version += 1;
      if (sandbox) { location.href = `/d/${draft.id}/columns`; return; }
      setFound(answer);
      say(t(answer.good ? "account.good" : "account.bad"));
    } catch (refused) { setError(refused.message); }
    setBusy(false);
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
      <p><label>${t("account.id")}<input type="text" list="stored" autocomplete="off" spellcheck="false" required value=${where}
        onInput=${(event) => setWhere(event.target.value)} /></label>
        <datalist id="stored">${stored.map((id) => html`<option value=${id}></option>`)}</datalist></p>
      <p><label>${t("account.token")}<input type="password" autocomplete="off" value=${token} onInput=${(event) => setToken(event.target.value)} /></label></p>
      <p class="note">${t("account.how")}</p>
    </section>`}
    <${Trouble} error=${error} />
    <p class="onward"><button type="submit" class="main" disabled=${busy}>${busy ? t("account.looking") : t(sandbox ? "account.use_sandbox" : "account.look")}</button></p>
  </form>
  ${found ? html`<section aria-live="polite"><h2>${t("account.found")}</h2>
    <ul class="findings">${found.findings.map((each) => html`<li class=${each.grade}><b>${t("grade." + each.grade)}: ${each.subject}</b> ${each.text}</li>`)}</ul>
    <p class="onward"><a class="button main" href=${`/d/${draft.id}/columns`}>${t(found.good ? "account.onward" : "account.onward_all_the_same")}</a></p>
  </section>` : null}`;
}

render(html`<${Account} />`, place);
