import { Bar, get, html, number, poll, render, t, useEffect, useState, duration } from "./ui.js";

function Live() {
  const [runs, setRuns] = useState([]);
  useEffect(() => poll(async () => setRuns((await get("/api/live")).runs)), []);
  if (!runs.length) return null;
  return html`<section><h2>${t("live.title")}</h2>
    ${runs.map((run) => html`<div class="run" key=${run.run_id}>
      <p><a href=${`/r/${run.run_id}`}><span class="value">${run.source}</span></a>${" "}
        <small>${run.sandbox ? t("aim.sandbox") : run.location_id || t("runs.by_column")}</small></p>
      ${run.undoing ? html`<progress aria-label=${t("undo.going")}></progress>` : html`<${Bar} counts=${run} total=${run.rows} label=${run.source} />`}
      <p class="note">${progressLine(run)}</p>
    </div>`)}
  </section>`;
}

export function progressLine(run) {
  if (run.undoing) return t("undo.going");
  if (run.rows === null || run.rows === undefined) return t("run.reading");
  const sent = run.sent > run.settled ? `${t("run.sent", { n: number(run.sent) })}, ` : "";
  const done = sent + t("run.done_of", { done: number(run.settled || 0), all: number(run.rows) });
  if (run.phase === "waiting") return `${done}. ${t("run.waits", { time: duration(run.wait_seconds || 0), why: run.waits_for || "" })}`;
  const left = run.seconds_left ? `, ${t("run.left", { time: duration(run.seconds_left) })}` : "";
  return `${done}${run.rows_per_second ? `, ${t("run.pace", { n: run.rows_per_second.toFixed(1) })}` : ""}${left}`;
}

const place = document.getElementById("live");
if (place) render(html`<${Live} />`, place);
