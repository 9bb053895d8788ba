// The calendar, the journal, and where each incident stands.

import { byId, clockTime, element, get, longDay, post, refresher, setZone, swap } from "./element.js";

let now = null;
let fetched = 0;
let newest = 0;
let story = { steps: [], incidents: [], start: null };
let focus = "";
let hintChanged = () => {};

export const refreshCalendar = refresher(async () => drawCalendar(await get("calendar")));
export const refreshJournal = refresher(async () => {
  const told = await get("journal");
  drawJournal(told.facts);
  story = told;
  drawStory();
});

export function startTime(onHint) {
  hintChanged = onHint;
  document.querySelectorAll("[data-jump]").forEach((button) => button.addEventListener("click", () => jump(button)));
  byId("focus").addEventListener("change", (event) => { focus = event.target.value; drawStory(); });
  setInterval(tick, 1000);
}

async function jump(button) {
  const buttons = document.querySelectorAll("[data-jump]");
  buttons.forEach((one) => { one.disabled = true; });
  document.body.classList.add("jumping");
  byId("jump-error").textContent = "";
  const done = await post("jump", { by: button.dataset.jump });
  document.body.classList.remove("jumping");
  buttons.forEach((one) => { one.disabled = false; });
  if (done.error) byId("jump-error").textContent = done.error;
  else drawCalendar(done);
  button.focus();
}

function tick() {
  if (!now) return;
  const moment = new Date(now.getTime() + performance.now() - fetched);
  byId("now").replaceChildren(element("strong", {}, clockTime(moment)), ` ${longDay(moment)}`);
}

function drawCalendar(told) {
  setZone(told.timezone);
  now = new Date(told.now);
  fetched = performance.now();
  tick();
  byId("ahead").textContent = told.ahead < 60 ? "the system’s own time" : `${ahead(told.ahead)} ahead of the system’s time`;
  const [first] = told.deadlines;
  byId("next").textContent = first ? `Next deadline: ${first.in}` : "Nothing falls due";
  byId("next").disabled = !first;
  swap(byId("deadlines"), told.deadlines.map((one) => element("li", {},
    element("span", { class: "deadline-when" }, element("strong", {}, one.in), element("span", { class: "muted" }, one.when)),
    element("span", {}, element("span", { class: "reference" }, one.reference), ` ${one.what}`))));
  if (!first) byId("deadlines").append(element("li", { class: "empty" }, "Nothing falls due: the calendar waits for something to happen."));
}

function ahead(seconds) {
  const minutes = Math.round(seconds / 60);
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const parts = [[days, "day"], [hours, "hour"], [days ? 0 : minutes % 60, "minute"]].filter(([count]) => count);
  return parts.map(([count, unit]) => `${count} ${unit}${count > 1 ? "s" : ""}`).join(" ");
}

function drawJournal(facts) {
  const known = newest;
  newest = facts.length ? facts[0].id : 0;
  swap(byId("journal"), facts.map((fact) => element("li", { class: `fact ${fact.role}${known && fact.id > known ? " new" : ""}` },
    element("p", { class: "fact-head" },
      element("span", { class: "reference" }, fact.subject),
      element("span", { class: "fact-actor" }, actor(fact)),
      element("time", { class: "muted", datetime: fact.at }, fact.when)),
    element("p", {}, fact.sentence),
    element("code", {}, fact.kind))));
  if (!facts.length) byId("journal").append(element("li", { class: "empty" }, "Nothing has happened yet. Facts are written here and never change."));
}

const ROLES = { customer: "customer", staff: "staff", manager: "manager", bot: "Comptoir", calendar: "calendar" };

const actor = (fact) => ROLES[fact.role] || fact.role;

function drawStory() {
  const select = byId("focus");
  if (!story.incidents.some((one) => one.reference === focus)) focus = "";
  const shown = story.incidents.find((one) => one.reference === focus) || story.incidents[0];
  if (document.activeElement !== select) {
    select.replaceChildren(
      element("option", { value: "" }, shown && !focus ? label(shown) : "The latest incident"),
      ...story.incidents.filter((one) => focus || one !== shown).map((one) => element("option", { value: one.reference }, label(one))),
    );
    select.value = focus;
    select.hidden = !story.incidents.length;
  }
  const reached = shown ? shown.step : -1;
  const ended = shown && ["closed", "cancelled"].includes(shown.stage);
  byId("steps").replaceChildren(...story.steps.map((name, index) => element("li", {
    class: index < reached || ended ? "past" : index === reached ? "here" : "",
    "aria-current": index === reached ? "step" : undefined,
  }, index === reached ? shown.stage_words : name)));
  hintChanged(shown ? shown.hint : story.start, shown);
}

const label = (one) => `${one.reference} · ${one.customer}`;
