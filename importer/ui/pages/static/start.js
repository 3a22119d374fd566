import "./live.js";
import { Upload } from "./upload.js";
import { Trouble, html, post, render, say, t, useState } from "./ui.js";

const onwards = (draft) => { location.href = `/d/${draft}/file`; };
render(html`<${Upload} onDone=${onwards} />`, document.getElementById("upload"));

// A Google sheet, a bucket, a server: the program copies the file, the browser asks nobody.
function FromAddress() {
  const [address, setAddress] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const fetchIt = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try { onwards((await post("/api/fetch", { address })).draft); } catch (refused) { setError(refused.message); setBusy(false); }
  };
  return html`<details id="from-address"><summary>${t("fetch.title")}</summary><form onSubmit=${fetchIt}>
    <label>${t("fetch.address")}<input type="text" id="address" autocomplete="off" spellcheck="false" required maxlength="4000" value=${address} onInput=${(event) => setAddress(event.target.value)} /></label>
    <p class="note">${t("fetch.note")}</p><${Trouble} error=${error} />
    <p class="onward"><button type="submit" disabled=${busy}>${t(busy ? "fetch.busy" : "fetch.do")}</button></p></form></details>`;
}
render(html`<${FromAddress} />`, document.getElementById("address-of-file"));

document.getElementById("sample").addEventListener("click", async (event) => {
  event.target.disabled = true;
  try {
    onwards((await post("/api/sample")).draft);
  } catch (refused) {
    event.target.disabled = false;
    say(refused.message);
  }
});

for (const button of document.querySelectorAll("[data-discard]")) {
  button.addEventListener("click", async () => {
    await post(`/api/d/${button.dataset.discard}/discard`);
    say(t("start.discarded", { name: button.dataset.name }));
    const item = button.closest("li");
    (item.nextElementSibling || item.previousElementSibling)?.querySelector("a")?.focus();
    item.remove();
  });
}
