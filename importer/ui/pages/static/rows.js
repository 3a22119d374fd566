// S4: all rows are checked before one is sent; the causes stand left, what to do beside them.
import { Trouble, get, html, known, number, render, rows, say, t, useEffect, useState } from "./ui.js";

const place = document.getElementById("app");
const draft = known(place, "draft");

function Rows() {
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  useEffect(() => {
    get(`/api/d/${draft.id}/forecast`).then((forecast) => {
      setFound(forecast);
      say(t("rows.checked", { rows: rows(forecast.rows_read), failed: number(forecast.failed) }));
    }).catch((refused) => setError(refused.message));
  }, []);
  if (error) return html`<${Trouble} error=${error} /><p class="onward"><a class="button" href=${`/d/${draft.id}/columns`}>${t("rows.back")}</a></p>`;
  if (!found) return html`<p role="status">${t("rows.checking")}</p><progress aria-label=${t("rows.checking")}></progress>`;
  return html`
    ${found.doubts.map((doubt) => html`<p class="notice halt">${doubt}</p>`)}
    ${found.overlooked.map((each) => html`<p class="notice halt">${each}</p>`)}
    <section>
      <dl class="counts">
        <div><dt>${t("rows.read")}</dt><dd id="read">${number(found.rows_read)}</dd></div>
        <div class="created"><dt>${t("rows.ready")}</dt><dd id="ready">${number(found.ready)}</dd></div>
        <div class="skipped"><dt>${t("status.skipped")}</dt><dd>${number(found.skipped)}</dd></div>
        <div class="failed"><dt>${t("rows.failing")}</dt><dd id="failing">${number(found.failed)}</dd></div>
      </dl>
      <p class="note">${found.failed ? t("rows.failing_note") : t("rows.all_good")}</p>
    </section>
    <${Causes} title=${t("rows.why_fail")} groups=${found.errors} />
    ${Object.keys(found.warnings_by_code).length ? html`<section><h2>${t("rows.warnings")}</h2><ul class="plain">${Object.entries(found.warnings_by_code).map(([code, count]) => html`<li><b>${number(count)}</b> <code>${code}</code></li>`)}</ul></section>` : null}
    ${found.same_contact.rows ? html`<section><h2>${t("people.title")}</h2><p>${t("people.rows", { rows: rows(found.same_contact.rows), groups: number(found.same_contact.groups) })}</p></section>` : null}
    <p class="onward"><a class="button main" href=${`/d/${draft.id}/forecast`}>${t("rows.onward")}</a>
      <a class="button" href=${`/d/${draft.id}/columns`}>${t("rows.back")}</a></p>`;
}

function Causes({ title, groups }) {
  if (!groups.length) return null;
  return html`<section><h2>${title}</h2>${groups.map((group) => html`<div class="cause">
    <h3>${number(group.rows)} ${"\u00d7"} ${group.title}</h3>
    <p>${group.mend}</p>
    ${group.examples && group.examples.length ? html`<ul>${group.examples.map((each) => html`<li>${t("rows.row", { n: each.row })} ${each.column ? html`<b>${each.column}</b>: ` : null}<span class="value">${each.message}</span></li>`)}</ul>` : null}
  </div>`)}</section>`;
}

render(html`<${Rows} />`, place);
