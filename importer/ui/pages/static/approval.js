// A person agrees to a plan that a job waits for, or refuses it. The first word stands, whoever says it where.
import { Trouble, html, known, moment, post, render, say, t, useState } from "./ui.js";

const place = document.getElementById("app");

function Approval() {
  const [plan, setPlan] = useState(known(place, "plan"));
  const [by, setBy] = useState(plan.by_default);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const decide = async (approved) => {
    setBusy(true);
    setError(null);
    try {
      const now = await post(`/api/p/${plan.plan}/decide`, { approved, by });
      setPlan({ ...plan, ...now });
      say(t("approval." + now.decision, { by: now.by, at: moment(now.at) }));
    } catch (refused) { setError(refused.message); } finally { setBusy(false); }
  };
  if (plan.decision) return html`<p class=${`notice ${plan.decision === "approved" ? "good" : "bad"}`} id="decided">${t("approval." + plan.decision, { by: plan.by, at: moment(plan.at) })}
    ${plan.decision === "approved" ? t(plan.job ? "approval.job_sends" : "approval.apply") : t("approval.nothing_sent")}</p>`;
  return html`<${Trouble} error=${error} />
    <label>${t("approval.by")}<input type="text" id="by" maxlength="200" autocomplete="name" value=${by} onInput=${(event) => setBy(event.target.value)} /></label>
    <p class="onward"><button type="button" class="main" id="approve" disabled=${busy || !by.trim()} onClick=${() => decide(true)}>${t("approval.approve")}</button>
      <button type="button" class="danger" id="refuse" disabled=${busy || !by.trim()} onClick=${() => decide(false)}>${t("approval.refuse")}</button></p>
    <p class="note">${t("approval.note")}</p>`;
}

render(html`<${Approval} />`, place);
