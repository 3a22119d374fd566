// A check that is under way, wherever it is waited for: how far it is, and a way out.
import { html, number, rows, t, useState } from "./ui.js";

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
