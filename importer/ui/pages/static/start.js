import "./live.js";
import { Upload } from "./upload.js";
import { html, post, render, say, t } from "./ui.js";

const onwards = (draft) => { location.href = `/d/${draft}/file`; };
render(html`<${Upload} onDone=${onwards} />`, document.getElementById("upload"));

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
