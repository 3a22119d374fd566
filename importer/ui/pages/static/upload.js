import { Trouble, html, number, say, t, upload, useRef, useState } from "./ui.js";

// A drop area that is a button, too: dragging is never the only way.
export function Upload({ draft = null, like = null, onDone }) {
  const [state, setState] = useState({ at: "idle" });
  const [over, setOver] = useState(false);
  const input = useRef(null);
  const going = useRef(null);

  const take = async (file) => {
    if (!file) return;
    setState({ at: "sending", name: file.name, share: 0 });
    say(t("upload.begun", { name: file.name }));
    going.current = upload(file, {
      draft,
      like,
      onProgress: (sent, total) => setState({ at: "sending", name: file.name, share: total ? sent / total : 0 }),
    });
    try {
      const found = await going.current.done;
      setState({ at: "done" });
      onDone(found.draft);
    } catch (refused) {
      setState({ at: "idle", error: refused.message });
    }
  };

  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer.files.length > 1) { setState({ at: "idle", error: t("upload.one") }); return; }
    take(event.dataTransfer.files[0]);
  };

  if (state.at === "sending") {
    return html`<section class="drop">
      <p><b class="value">${state.name}</b></p>
      <progress max="1" value=${state.share} aria-label=${t("upload.progress")}></progress>
      <p>${t("upload.percent", { n: number(Math.floor(state.share * 100)) })}</p>
      <button type="button" onClick=${() => going.current.cancel()}>${t("upload.cancel")}</button>
    </section>`;
  }
  return html`<section class=${over ? "drop over" : "drop"}
      onDragOver=${(event) => { event.preventDefault(); setOver(true); }} onDragLeave=${() => setOver(false)} onDrop=${drop}>
    <p>${t("upload.drop")}</p>
    <button type="button" class="main" onClick=${() => input.current.click()}>${t("upload.choose")}</button>
    <input ref=${input} type="file" id="file" class="unseen" tabindex="-1" aria-label=${t("upload.choose")}
      onChange=${(event) => { const file = event.target.files[0]; event.target.value = ""; take(file); }} />
    <p class="note">${t("upload.kinds")}</p>
    <${Trouble} error=${state.error} />
  </section>`;
}
