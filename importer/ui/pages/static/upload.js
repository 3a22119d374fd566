import { Trouble, html, number, say, t, upload, useRef, useState } from "./ui.js";

// A drop area that is a button, too: dragging is never the only way. Files that come together line up behind each other.
export function Upload({ draft = null, like = null, onDone }) {
  const [state, setState] = useState({ at: "idle", errors: [] });
  const [over, setOver] = useState(false);
  const input = useRef(null);
  const going = useRef(null);

  const send = async (file, at, all, behind) => {
    const show = (share) => setState({ at: "sending", name: file.name, share, which: all > 1 ? t("together.of", { n: number(at + 1), all: number(all) }) : null });
    show(0);
    say(t("upload.begun", { name: file.name }));
    going.current = upload(file, { draft, like, behind, onProgress: (sent, total) => show(total ? sent / total : 0) });
    return (await going.current.done).draft;
  };

  const take = async (files) => {
    if (!files.length) return;
    if (draft && files.length > 1) { setState({ at: "idle", errors: [t("upload.one")] }); return; }
    const errors = [];
    let first = null;
    let last = null;
    for (const [at, file] of files.entries()) {
      try {
        last = await send(file, at, files.length, last);
        first = first || last;
      } catch (refused) {
        errors.push(refused.message);
        if (refused.status < 1) break;
      }
    }
    if (!errors.length) onDone(first);
    setState({ at: errors.length ? "idle" : "done", errors, first });
  };

  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    take([...event.dataTransfer.files]);
  };

  if (state.at === "sending") {
    return html`<section class="drop">
      <p><b class="value">${state.name}</b>${state.which ? html` <span class="note">${state.which}</span>` : null}</p>
      <progress max="1" value=${state.share} aria-label=${t("upload.progress")}></progress>
      <p>${t("upload.percent", { n: number(Math.floor(state.share * 100)) })}</p>
      <button type="button" onClick=${() => going.current.cancel()}>${t("upload.cancel")}</button>
    </section>`;
  }
  return html`<section class=${over ? "drop over" : "drop"}
      onDragOver=${(event) => { event.preventDefault(); setOver(true); }} onDragLeave=${() => setOver(false)} onDrop=${drop}>
    <p>${t(draft ? "upload.drop" : "upload.drop_some")}</p>
    <button type="button" class="main" onClick=${() => input.current.click()}>${t("upload.choose")}</button>
    <input ref=${input} type="file" id="file" multiple=${!draft} class="unseen" tabindex="-1" aria-label=${t("upload.choose")}
      onChange=${(event) => { const files = [...event.target.files]; event.target.value = ""; take(files); }} />
    <p class="note">${t("upload.kinds")}</p>
    ${state.errors.map((error) => html`<${Trouble} error=${error} />`)}
    ${state.first ? html`<button type="button" id="go-on" onClick=${() => onDone(state.first)}>${t("together.some")}</button>` : null}
  </section>`;
}
