// What was put right: each change can be taken back, and all of it can be taken along.
import { Trouble, html, moment, number, rows, say, t, upload, useState } from "./ui.js";

export function Corrections({ edits, move, header }) {
  if (!edits.edits.length) return null;
  const undone = edits.edits.every((each) => each.undone);
  const called = (each) => (each.place === null ? t("rows.whole_row") : (header && header[each.place]) || t("columns.unnamed", { n: each.place + 1 }));
  const shown = (content) => (Array.isArray(content) ? content.join(" | ") : content) || t("columns.blank");
  return html`<section id="edits"><h2>${t("edits.title")}</h2>
    <p class="onward"><button type="button" id="take-back" disabled=${undone} onClick=${() => move("take-back")}>${t("edits.take_back")}</button>
      <button type="button" id="make-again" disabled=${!edits.can_make_again} onClick=${() => move("make-again")}>${t("edits.make_again")}</button>
      <span class="note">${t("edits.keys")}</span></p>
    <div class="scroll" tabindex="0" role="region" aria-label=${t("edits.title")}><table class="made">
      <thead><tr>${[t("edits.when"), t("edits.row"), t("edits.column"), t("edits.before"), t("edits.after")].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${edits.edits.map((each) => html`<tr class=${each.undone ? "undone" : null}>
        <td><time>${moment(each.at)}</time>${each.undone ? html` <small>${t("edits.undone")}</small>` : null}</td>
        <td>${each.cells > 1 ? t("edits.and_more", { n: number(each.row), more: number(each.cells - 1) }) : number(each.row)}</td>
        <td>${called(each)}</td>
        <td><span class="value" dir="auto">${shown(each.before).slice(0, 200)}</span></td>
        <td><span class="value" dir="auto">${shown(each.after).slice(0, 200)}</span></td></tr>`)}</tbody></table></div>
  </section>`;
}

export function Taking({ draft, found, any, changed }) {
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState(null);
  if (!found.failing && !any) return null;
  const take = async (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (!file) return;
    setBusy(true);
    setError(null);
    setDone(null);
    try {
      const taken = await upload(file, { to: `/api/d/${draft.id}/returned` }).done;
      const said = t(taken.left ? "taking.taken_and_left" : "taking.taken", { rows: rows(taken.rows), left: number(taken.left) });
      setDone(said);
      say(said);
      if (taken.rows) await changed(taken.overview);
    } catch (refused) { setError(refused.message); }
    setBusy(false);
  };
  return html`<section id="taking"><h2>${t("taking.title")}</h2>
    <p class="note">${t("taking.note")}</p>
    <p class="downloads">
      ${found.failing ? html`<a class="button" download href=${`/d/${draft.id}/failing-rows?form=csv`}>${t("taking.csv")}</a>
        <a class="button" download href=${`/d/${draft.id}/failing-rows?form=xlsx`}>${t("taking.xlsx")}</a>` : null}
      ${any ? html`<a class="button" download href=${`/d/${draft.id}/corrections.jsonl`}>${t("taking.corrections")}</a>
        <a class="button" download href=${`/d/${draft.id}/corrected.csv`}>${t("taking.copy")}</a>` : null}
    </p>
    ${found.failing ? html`<p><label>${t("taking.back")}<input type="file" id="returned" accept=".csv,.xlsx" disabled=${busy} onChange=${take} /></label></p>` : null}
    ${busy ? html`<p role="status">${t("taking.busy")}</p>` : null}
    ${done ? html`<p class="notice good">${done}</p>` : null}
    <${Trouble} error=${error} />
  </section>`;
}
