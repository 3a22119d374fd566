// A row with cells too many or too few: its cells as they are, each beside the column that it would fall into.
import { Trouble, get, html, say, t, useEffect, useRef, useState } from "./ui.js";

export function Repair({ draft, row, header, save, cancel }) {
  const [cells, setCells] = useState(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  useEffect(() => {
    get(`/api/d/${draft.id}/cells?row=${row}`).then((found) => setCells(found.cells)).catch((refused) => setError(refused.message));
  }, []);
  // Whoever opened it from the table by Enter goes on here, and back there afterwards.
  const box = useRef(null);
  useEffect(() => { box.current?.focus(); }, [cells === null]);
  if (!cells) return html`<${Trouble} error=${error} />`;
  const change = (next) => { setCells(next); say(t("repair.now", { n: next.length })); };
  const spliced = (at, count, ...more) => { const next = [...cells]; next.splice(at, count, ...more); return next; };
  const fits = cells.length <= header.length;
  return html`<section id="repairing" ref=${box} tabindex="-1" aria-label=${t("repair.title", { n: row })}>
    <h3>${t("repair.title", { n: row })}</h3>
    <p>${cells.length === header.length ? t("repair.fits") : t(cells.length > header.length ? "repair.too_many_here" : "repair.too_few_here", { n: cells.length, all: header.length })}</p>
    <ol class="raw">${cells.map((cell, at) => html`<li class=${at >= header.length ? "beyond" : null}>
      <b>${at < header.length ? header[at] || t("columns.unnamed", { n: at + 1 }) : t("repair.beyond")}</b>
      <input type="text" class="value" dir="auto" aria-label=${t("repair.cell", { n: at + 1 })} value=${cell} onChange=${(event) => setCells(spliced(at, 1, event.target.value))} />
      <span class="onward">
        ${at + 1 < cells.length ? html`<button type="button" aria-label=${t("repair.of", { what: t("repair.join"), n: at + 1 })} onClick=${() => change(spliced(at, 2, joined(cell, cells[at + 1])))}>${t("repair.join")}</button>` : null}
        <button type="button" aria-label=${t("repair.of", { what: t("repair.blank"), n: at + 1 })} onClick=${() => change(spliced(at, 0, ""))}>${t("repair.blank")}</button>
        <button type="button" aria-label=${t("repair.of", { what: t("repair.out"), n: at + 1 })} onClick=${() => change(spliced(at, 1))}>${t("repair.out")}</button>
      </span></li>`)}</ol>
    <p class="onward"><button type="button" class="main" id="save-row" disabled=${!fits || busy} onClick=${async () => { setBusy(true); await save(row, cells); setBusy(false); }}>${t("repair.save")}</button>
      <button type="button" onClick=${cancel}>${t("repair.cancel")}</button></p>
  </section>`;
}

// A delimiter that was not quoted took the place between them.
const joined = (one, other) => (other.startsWith(" ") || one.endsWith(" ") ? `${one},${other}` : `${one}, ${other}`);
