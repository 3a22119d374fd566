// A check that is under way, wherever it is waited for: how far it is, and a way out.
import { Refused, get, html, number, post, rows, t, useState } from "./ui.js";

// Begins the check of a draft where it is not known how its rows are, and tells how far it is until it has ended.
export async function followed(draft, tell) {
  const ask = () => get(`/api/d/${draft.id}/check?wait=1`);
  let seen = await ask();
  if (seen.state !== "checking" && (seen.state !== "known" || seen.stale)) {
    await post(`/api/d/${draft.id}/check`);
    seen = { state: "checking", phase: "", rows: 0, total: null };
  }
  while (seen.state === "checking") {
    tell(seen);
    seen = await ask();
  }
  if (seen.state !== "known" || seen.stale) throw new Refused(422, seen.error || t("rows.cancelled"));
}

export const cancelled = (draft) => post(`/api/d/${draft.id}/cancel-check`);

export function Checking({ standing, cancel }) {
  const [ending, setEnding] = useState(false);
  const label = t("rows.checking");
  const { phase, rows: done, total } = standing;
  const said = !phase ? t("check.beginning") : phase === "surveying" ? t("check.reading", { rows: rows(done) })
    : total ? t("check.mapping_of", { done: number(done), rows: rows(total) }) : t("check.mapping", { rows: rows(done) });
  // Reading is told as the first half, since nobody knows yet how long the file is.
  const share = phase === "mapping" && total ? done / total : null;
  return html`<section id="checking">
    <h2>${label}</h2>
    <p role="status">${said}</p>
    ${share === null ? html`<progress aria-label=${label}></progress>` : html`<progress aria-label=${label} max="1" value=${share}></progress>`}
    ${cancel ? html`<p class="onward"><button type="button" id="cancel-check" disabled=${ending} onClick=${() => { setEnding(true); cancel().catch(() => setEnding(false)); }}>${t("check.cancel")}</button></p>` : null}
  </section>`;
}
