import "./live.js";
import { askToForget } from "./forget.js";

for (const button of document.querySelectorAll("[data-forget]")) {
  button.addEventListener("click", () => askToForget(button.dataset.forget, () => {
    const line = button.closest("tr");
    (line.nextElementSibling || line.previousElementSibling || document.getElementById("main")).querySelector("a")?.focus();
    line.remove();
  }));
}
