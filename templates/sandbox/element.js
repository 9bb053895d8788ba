// Making elements, and the desk's few addresses. Text is always text: nothing here parses HTML.

export function element(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "selected") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export const byId = (id) => document.getElementById(id);

// Puts new children in place of the old; what had the keyboard keeps it if it is still there.
export function swap(parent, children) {
  const key = parent.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  parent.replaceChildren(...children.flat(Infinity).filter(Boolean));
  if (key) [...parent.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key)?.focus();
}

class Away extends Error {}

// What the sandbox has there. Throws Away when it does not answer.
export async function get(path, query = {}) {
  const answer = await fetch(`/sandbox/api/${path}?${new URLSearchParams(query)}`).catch(() => { throw new Away(path); });
  if (!answer.ok) throw new Away(`${path}: ${answer.status}`);
  return answer.json();
}

// What was done, or {error} in words.
export async function post(path, body) {
  try {
    const answer = await fetch(`/sandbox/api/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return await answer.json();
  } catch {
    return { error: "The sandbox does not answer: is it still running?" };
  }
}

export async function uploads(input) {
  return Promise.all([...input.files].map(async (file) => ({ name: file.name, content: await base64(file) })));
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

// Fetches again after a change, one at a time; changes that come meanwhile lead to one more.
export function refresher(work) {
  let running = false;
  let again = false;
  return async function refresh() {
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      do {
        again = false;
        await work();
      } while (again);
    } catch (error) {
      if (!(error instanceof Away)) throw error; // the stream says when it is back
    } finally {
      running = false;
    }
  };
}

let toastTimer;
export function toast(words) {
  const place = byId("toast");
  place.textContent = words;
  place.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { place.hidden = true; }, 6000);
}

let zone = "Europe/Paris";
export function setZone(name) { zone = name; }
const part = (moment, options) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options }).format(moment);
export const clockTime = (moment) => part(moment, { hour: "2-digit", minute: "2-digit" });
export const day = (moment) => part(moment, { weekday: "short", day: "numeric", month: "short" });
export const date = (moment) => part(moment, { day: "numeric", month: "short" });
export const longDay = (moment) => part(moment, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
export const size = (bytes) => (bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${Math.round(bytes / 1024)} kB` : `${(bytes / 1048576).toFixed(1)} MB`);
