// A page that draws itself anew must not throw whoever works by keyboard back to its top. Where what had the focus is gone, or cannot be
// used for a while, the nearest thing that was around it has the focus, and gives it back once the other can be used again.
let wanted = null;
let standIn = null;
let followed = false;

const usable = (element) => element.isConnected && !element.disabled && element.checkVisibility();
const lost = () => { const here = document.activeElement; return !here || here === document.body || !usable(here); };

function around(element) {
  const found = [];
  for (let each = element.parentElement; each && each !== document.body; each = each.parentElement) found.push(each);
  return found;
}

// The very thing, or what was drawn in its place under the same name.
function again() {
  if (usable(wanted.element)) return wanted.element;
  const named = wanted.element.id ? document.getElementById(wanted.element.id) : null;
  return named && usable(named) ? named : null;
}

function stand() {
  standIn = wanted.around.find((each) => usable(each) && each.getClientRects().length) || document.getElementById("main");
  if (!standIn.hasAttribute("tabindex")) standIn.tabIndex = -1;
  standIn.focus();
  followed = true;
}

// What is drawn above may push it out of sight: it is followed until somebody goes somewhere.
function show() {
  const here = standIn;
  if (followed) requestAnimationFrame(() => { if (followed && document.activeElement === here) here.scrollIntoView({ block: "nearest" }); });
}

function keep() {
  if (!wanted) return;
  const waits = standIn !== null && document.activeElement === standIn;
  if (!waits && !lost()) return;
  if (!waits && usable(wanted.element)) { wanted = null; return; } // it was left on purpose
  const back = again();
  if (back) back.focus();
  else if (!waits) stand();
  show();
}

document.addEventListener("focusin", ({ target }) => {
  if (target === standIn) return;
  standIn = null;
  wanted = { element: target, around: around(target) };
});
document.addEventListener("pointerdown", () => { wanted = null; standIn = null; }, true);
for (const moved of ["keydown", "wheel", "touchmove"]) document.addEventListener(moved, () => { followed = false; }, { capture: true, passive: true });
new MutationObserver(keep).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["disabled", "hidden", "open"] });
