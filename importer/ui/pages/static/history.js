import "./live.js";
import { number, t } from "./ui.js";

const search = document.getElementById("search");
if (search) {
  const lines = [...document.querySelectorAll("tbody tr")];
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    let shown = 0;
    for (const line of lines) {
      line.hidden = !line.textContent.toLowerCase().includes(wanted);
      shown += !line.hidden;
    }
    document.getElementById("shown").textContent = t("history.shown", { n: number(shown), all: number(lines.length) });
  });
}
