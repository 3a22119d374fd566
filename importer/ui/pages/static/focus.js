// A page that draws itself anew must not throw whoever works by keyboard back to its top. Where what had the focus is gone, or cannot be
// used for a while, the nearest thing that was around it has the focus, and gives it back once the other can be used again.
let wanted = null;
let standIn = null;

const usable = (element) => element.isConnected && !element.disabled && element.checkVisibility();
const lost = () => { const here = document.activeElement; return !here || here === document.body || !usable(here); };

function around(element) {
  const found = [];
  for (let each = element.parentElement; each && each !== document.body; each = each.parentElement) found.push(each);
  return found;
}

const again = () => (usable(wanted.element) ? wanted.element : wanted.id ? [document.getElementById(wanted.id)].find((each) => each && usable(each)) : null);

function keep() {
  if (!wanted || !(lost() || document.activeElement === standIn)) return;
  const back = again();
  if (back) { back.focus(); return; }
  if (!lost()) return;
  standIn = wanted.around.find((each) => usable(each) && each.getClientRects().length) || document.getElementById("main");
  if (!standIn.hasAttribute("tabindex")) standIn.tabIndex = -1;
  standIn.focus();
}

document.addEventListener("focusin", ({ target }) => {
  if (target === standIn) return;
  standIn = null;
  wanted = { element: target, id: target.id, around: around(target) };
});
// Who leaves the page, or points at nothing, means it.
document.addEventListener("focusout", ({ target }) => setTimeout(() => { if (wanted?.element === target && usable(target) && lost()) wanted = null; }));
document.addEventListener("pointerdown", () => { wanted = null; standIn = null; }, true);
new MutationObserver(keep).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["disabled", "hidden", "open"] });
