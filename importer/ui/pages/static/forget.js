// Asks before what is kept of an import goes, and says what stays.
import { Trouble, get, html, number, post, render, say, t, useEffect, useRef, useState } from "./ui.js";

const size = (bytes) => (bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${number(Math.ceil(bytes / 1e3))} KB`);

export function Forget({ run, onDone, onClose }) {
  const [left, setLeft] = useState(null);
  const [error, setError] = useState(null);
  const [givenUp, setGivenUp] = useState(false);
  const dialog = useRef(null);
  const keep = useRef(null);
  useEffect(() => {
    dialog.current.showModal();
    keep.current.focus();  // whoever presses Enter twice loses nothing
    get(`/api/r/${run}/holdings`).then(setLeft).catch((refused) => setError(refused.message));
  }, []);
  const forget = async () => {
    try {
      await post(`/api/r/${run}/forget`, { unfinished: givenUp });
      say(t("forget.done", { run }));
      dialog.current.close();
      onDone();
    } catch (refused) { setError(refused.message); }
  };
  return html`<dialog ref=${dialog} aria-labelledby="forget-title" onClose=${onClose}>
    <h2 id="forget-title">${t("forget.title", { run })}</h2>
    <${Trouble} error=${error} />
    ${left ? html`<p><b>${t("forget.goes")}</b></p>
      <ul><li>${t("forget.journal")}</li>
        ${left.copies.length ? html`<li>${t("forget.copies", { size: size(left.copied_bytes) })} <span class="value">${left.copies.join(", ")}</span></li>` : null}
        <li>${t("forget.means")}</li></ul>
      <p><b>${t("forget.stays")}</b></p>
      <ul><li>${t("forget.contacts")}</li>
        ${left.results ? html`<li>${t("forget.results")} <code>${left.results}</code></li>` : null}
        ${left.followed_by.length ? html`<li>${t("forget.followers")} ${left.followed_by.join(", ")}</li>` : null}</ul>
      ${left.unfinished ? html`<p class="notice halt">${t("forget.unfinished", { n: number(left.unfinished) })}</p>
        <label class="choice"><input type="checkbox" checked=${givenUp} onChange=${(event) => setGivenUp(event.target.checked)} /><span>${t("forget.give_up")}</span></label>` : null}` : error ? null : html`<p role="status">${t("run.looking")}</p>`}
    <p class="onward"><button type="button" class="danger" id="forget" disabled=${!left || (left.unfinished > 0 && !givenUp)} onClick=${forget}>${t("forget.do")}</button>
      <button type="button" ref=${keep} onClick=${() => dialog.current.close()}>${t("forget.keep")}</button></p>
  </dialog>`;
}

export function askToForget(run, onDone) {
  const asked = document.activeElement;
  const place = document.createElement("div");
  document.getElementById("main").append(place);
  const away = () => { render(null, place); place.remove(); asked?.isConnected && asked.focus(); };
  render(html`<${Forget} run=${run} onDone=${onDone} onClose=${away} />`, place);
}
