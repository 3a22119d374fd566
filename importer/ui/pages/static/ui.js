// What all pages share: texts, requests, live regions, and the small view library bound once.
import { h, render, Fragment } from "/static/vendor/preact.js";
import { useEffect, useRef, useState, useMemo, useCallback } from "/static/vendor/hooks.js";
import { signal, computed, effect, batch } from "/static/vendor/signals.js";
import htm from "/static/vendor/htm.js";
import words from "/static/words.js";
import "./focus.js";

export const html = htm.bind(h);
export { render, Fragment, useEffect, useRef, useState, useMemo, useCallback, signal, computed, effect, batch };

export function t(key, values = {}) {
  const text = words[key];
  if (text === undefined) throw new Error(`There is no text ${key}`);
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export const number = (value) => new Intl.NumberFormat("en").format(value);
export const rows = (count) => t(count === 1 ? "count.row" : "count.rows", { n: number(count) });

export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return t("time.seconds", { n: whole });
  if (whole < 3600) return t("time.minutes", { n: Math.round(whole / 60) });
  if (whole < 172800) return t("time.hours", { n: (whole / 3600).toFixed(1) });
  return t("time.days", { n: (whole / 86400).toFixed(1) });
}

export const moment = (seconds) =>
  new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(new Date(seconds * 1000));

// Two regions: of two messages in one, a screen reader speaks the second alone.
export function say(text, region = "said") {
  const place = document.getElementById(region);
  if (place.textContent === text) place.textContent = "";
  place.textContent = text;
}

export class Refused extends Error {
  constructor(status, sentence) { super(sentence); this.status = status; }
}

const csrf = () => document.querySelector('meta[name="csrf"]').content;
const lost = () => document.getElementById("lost");

async function exchange(url, options) {
  let reply;
  try {
    reply = await fetch(url, { credentials: "same-origin", ...options });
  } catch (gone) {
    lost().hidden = false;
    throw new Refused(0, t("app.lost"));
  }
  lost().hidden = true;
  const found = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Refused(reply.status, found.error || t("server.mistake"));
  return found;
}

export const get = (url) => exchange(url, { method: "GET" });
export const post = (url, said = {}) =>
  exchange(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Importer-Token": csrf() },
    body: JSON.stringify(said),
  });

// fetch tells nothing of how far an upload is.
export function upload(file, { draft = null, like = null, behind = null, to = "/api/uploads", onProgress = () => {} } = {}) {
  const request = new XMLHttpRequest();
  const query = new URLSearchParams({ name: file.name, ...(draft ? { draft } : {}), ...(like ? { like } : {}), ...(behind ? { behind } : {}) });
  const done = new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (now) => onProgress(now.loaded, now.total));
    request.addEventListener("load", () => {
      let found = {};
      try { found = JSON.parse(request.responseText); } catch { /* a sentence of ours stands below */ }
      if (request.status === 200) resolve(found);
      else reject(new Refused(request.status, found.error || t("server.mistake")));
    });
    request.addEventListener("error", () => reject(new Refused(0, t("upload.broke"))));
    request.addEventListener("abort", () => reject(new Refused(-1, t("upload.cancelled"))));
    request.open("PUT", `${to}?${query}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-Importer-Token", csrf());
    request.send(file);
  });
  return { done, cancel: () => request.abort() };
}

// Asks again and again while the page is looked at; a page in the background costs nothing, unless somebody waits for it.
export function poll(ask, seconds = 1, unseen = () => false) {
  let timer = null;
  let stopped = false;
  const beat = async () => {
    if (!document.hidden || unseen()) await ask().catch(() => {});
    if (!stopped) timer = setTimeout(beat, seconds * 1000);
  };
  const awake = () => { if (!document.hidden && !stopped) { clearTimeout(timer); beat(); } };
  document.addEventListener("visibilitychange", awake);
  beat();
  return () => { stopped = true; clearTimeout(timer); document.removeEventListener("visibilitychange", awake); };
}

export const known = (element, name) => JSON.parse(element.dataset[name]);
export const Value = ({ children }) => html`<span class="value">${children}</span>`;

// A select that is closed changes with each key: what somebody types their way through is not what they choose.
const TYPED_MS = 500;
export function Choice({ value, choose, children, ...rest }) {
  const [now, setNow] = useState(value);
  const waiting = useRef(null);
  const typed = useRef(false);
  useEffect(() => setNow(value), [value]);
  const settle = (chosen) => {
    clearTimeout(waiting.current);
    waiting.current = null;
    if (chosen !== value) choose(chosen);
  };
  const changed = (event) => {
    const chosen = event.target.value;
    setNow(chosen);
    clearTimeout(waiting.current);
    if (typed.current) waiting.current = setTimeout(() => settle(chosen), TYPED_MS); else settle(chosen);
  };
  return html`<select ...${rest} value=${now} onKeyDown=${() => { typed.current = true; }} onPointerDown=${() => { typed.current = false; }}
    onChange=${changed} onBlur=${(event) => { if (waiting.current) settle(event.target.value); }}>${children(now)}</select>`;
}

export function Trouble({ error }) {
  return error ? html`<p class="notice bad" role="alert">${error}</p>` : null;
}

// Of the rows that are not settled, those whose contact is stored already: they wait for their tags alone.
function apart(counts) {
  const stored = Math.min(Math.max((counts.sent || 0) - (counts.settled || 0), 0), counts.pending || 0);
  return { ...counts, stored, pending: (counts.pending || 0) - stored };
}

export function Bar({ counts, total, label }) {
  const shares = apart(counts);
  const parts = ["created", "updated", "skipped", "failed", "stored", "pending"].filter((name) => shares[name]);
  const text = parts.map((name) => `${t("status." + name)} ${number(shares[name])}`).join(", ") || t("bar.none");
  return html`<div class="bar-of-rows" role="img" aria-label=${`${label}: ${text}`}>
    ${parts.map((name) => html`<span class=${name} style=${{ flexGrow: shares[name] / (total || 1) }}></span>`)}
  </div>`;
}

export function Counts({ counts }) {
  const shares = apart(counts);
  return html`<dl class="counts">
    ${["created", "updated", "skipped", "failed", "stored", "pending"].filter((name) => name !== "stored" || shares.stored).map((name) => html`
      <div class=${name}><dt>${t("status." + name)}</dt><dd>${number(shares[name] || 0)}</dd></div>`)}
  </dl>`;
}

for (const time of document.querySelectorAll("time[data-at]")) {
  time.dateTime = new Date(time.dataset.at * 1000).toISOString();
  time.textContent = moment(Number(time.dataset.at));
}

const mask = document.getElementById("mask");
if (mask) mask.addEventListener("click", async () => {
  const on = mask.getAttribute("aria-pressed") !== "true";
  await post("/api/mask", { on });
  mask.setAttribute("aria-pressed", String(on));
  document.body.classList.toggle("masked", on);
  say(t(on ? "app.masked" : "app.unmasked"));
});

// Every page notices that the program behind it is gone, whatever else it asks. One that was started again does not take what the page
// has to say: it is loaded anew as soon as this browser was let in.
const start = document.querySelector('meta[name="start"]').content;
poll(async () => {
  try {
    if ((await get("/api/alive")).start !== start) location.reload();
  } catch (refused) { document.getElementById("elsewhere-let-in").hidden = refused.status !== 403; }
}, 2);
