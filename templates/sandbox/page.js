// The page: hears what changed, fetches it again, and says what to try next.

import { byId } from "./element.js";
import { playAs, refreshMail, startMail, writeFirst } from "./mail.js";
import { refreshSlack, startSlack } from "./slack.js";
import { refreshCalendar, refreshJournal, startTime } from "./time.js";

const REFRESH = { mail: refreshMail, slack: refreshSlack, journal: refreshJournal, calendar: refreshCalendar };
let hint = null;
let hintCustomer = "";

function listen() {
  const stream = new EventSource("/sandbox/events");
  stream.onmessage = (event) => {
    const told = JSON.parse(event.data);
    told.parts.forEach((part) => REFRESH[part]());
    say(told.settled ? "settled" : "working…", told.settled ? "calm" : "busy");
  };
  stream.onerror = () => say("not running", "gone");
}

function say(words, look) {
  const place = byId("settled");
  place.className = `settled ${look}`;
  if (place.textContent !== words) place.textContent = words;
}

function showHint(told, incident) {
  hint = told;
  hintCustomer = incident ? incident.address : "";
  const place = byId("hint-text");
  if (place.textContent !== told.say) {
    place.textContent = told.say;
    byId("hint").classList.remove("fresh");
    requestAnimationFrame(() => byId("hint").classList.add("fresh"));
  }
  byId("hint-do").hidden = told.do !== "first_mail";
}

function showTab(name) {
  byId("sides").dataset.tab = name;
  document.querySelectorAll("[data-tab]").forEach((one) => {
    if (one.tagName === "BUTTON") one.setAttribute("aria-pressed", String(one.dataset.tab === name));
  });
}

function point() {
  if (!hint) return;
  showTab(hint.at);
  if (hint.at === "customer" && hintCustomer) playAs(hintCustomer);
  const side = byId(hint.at);
  side.classList.remove("pointed");
  requestAnimationFrame(() => side.classList.add("pointed"));
}

function changeTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
}

const theme = localStorage.getItem("theme");
if (theme) document.documentElement.dataset.theme = theme;
byId("theme").addEventListener("click", changeTheme);
byId("hint-show").addEventListener("click", point);
byId("hint-do").addEventListener("click", () => { showTab("customer"); writeFirst(); });
document.querySelectorAll(".tabs button").forEach((one) => one.addEventListener("click", () => showTab(one.dataset.tab)));
startMail();
startSlack();
startTime(showHint);
listen();
