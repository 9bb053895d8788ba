// Slack as one person has it before them: places, messages, a thread beside them, the App Home, modals.

import { drawBlocks, drawFiles, emoji, mrkdwn } from "./blocks.js";
import { byId, clockTime, day, element, get, post, refresher, swap, toast, uploads } from "./element.js";
import { initials } from "./mail.js";
import { confirmed, refuse, showModal, startModal } from "./modal.js";

const HOME = "home";
let me = sessionStorage.getItem("me") || "U0NADIA";
let channel = "";
let thread = "";
let seen = null;

export const refreshSlack = refresher(async () => {
  const asked = { as: me, channel: channel === HOME ? "" : channel, thread };
  const told = await get("slack", asked);
  if (asked.as !== me) return;
  seen = told;
  if (channel !== HOME) channel = seen.channel;
  draw();
});

export function startSlack() {
  byId("me").addEventListener("change", (event) => become(event.target.value));
  byId("thread-close").addEventListener("click", () => openThread(""));
  byId("say").addEventListener("submit", (event) => say(event, "say", ""));
  byId("note").addEventListener("submit", (event) => say(event, "note", thread));
  for (const id of ["say-text", "note-text"]) byId(id).addEventListener("keydown", sendOnEnter);
  startModal((view) => view && act({ kind: "close", view: view.id }));
}

function sendOnEnter(event) {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  event.target.form.requestSubmit();
}

function become(user) {
  me = user;
  sessionStorage.setItem("me", me);
  channel = "";
  thread = "";
  refreshSlack();
}

function open(place) {
  channel = place;
  thread = "";
  if (place === HOME) act({ kind: "home" });
  refreshSlack();
}

function openThread(ts) {
  thread = ts;
  refreshSlack();
}

async function act(given) {
  const done = await post("slack", { user: me, ...given });
  if (done.error) given.kind === "submit" ? refuse(done.error) : toast(done.error);
  await refreshSlack();
  return done;
}

// --- drawing ---

const context = () => ({ people: seen.people, places: seen.places });

function draw() {
  drawMe();
  drawPlaces();
  const home = channel === HOME;
  byId("channel-pane").hidden = home;
  byId("home-pane").hidden = !home;
  byId("thread-pane").hidden = home || !seen.thread;
  byId("slack").classList.toggle("threaded", !home && Boolean(seen.thread));
  if (home) drawHome();
  else drawChannel();
  showModal(seen.modal, context(), { submit: submit, close: (view) => act({ kind: "close", view: view.id }), press: pressInView });
}

function drawMe() {
  const select = byId("me");
  if (document.activeElement === select) return;
  const words = { staff: "staff", manager: "manager", customer: "customer" };
  select.replaceChildren(...Object.values(seen.people).filter((one) => one.role !== "app").map((one) => element("option", { value: one.id }, `${one.name} — ${words[one.role]}`)));
  select.value = me;
}

function drawPlaces() {
  const listed = [
    ...seen.places.map((one) => [one.id, one.direct ? one.name : `# ${one.name}`]),
    [HOME, "App Home"],
  ];
  swap(byId("places"), [
    ...listed.map(([id, name]) => element("button", { type: "button", class: "place", "aria-pressed": String(id === channel), "data-key": id, onclick: () => open(id) }, name)),
    element("span", { class: "grow" }),
    ...Object.entries(seen.shortcuts).map(([id, name]) => element("button", { type: "button", class: "place shortcut", "data-key": id, onclick: () => act({ kind: "shortcut", action: id }) }, `⚡ ${name}`)),
  ]);
}

function drawHome() {
  const place = byId("home-pane");
  const blocks = seen.home ? drawBlocks(seen.home.given.blocks, { ...context(), press: (part, block, option) => pressInView(seen.home, part, block, option) }) : [element("p", { class: "empty" }, "Nothing was published here yet.")];
  swap(place, blocks);
}

function drawChannel() {
  const place = seen.places.find((one) => one.id === channel);
  byId("say-text").placeholder = seen.is_staff && place.staff ? "Message, or /incident 42" : `Message ${place.name}`;
  const alone = seen.ephemerals.filter((one) => !one.thread_ts);
  fill(byId("messages"), [...seen.messages, ...alone], place.staff ? "No incidents yet. Their cards appear here." : "Nothing was said here yet.");
  if (!seen.thread) return;
  const kind = place.staff ? "Note" : "Reply";
  byId("note-text").placeholder = place.staff ? "Internal note: it never reaches the customer" : `Reply to ${place.name}`;
  byId("note").querySelector("label").textContent = kind;
  byId("note").querySelector("button").textContent = kind;
  const inside = seen.ephemerals.filter((one) => one.thread_ts === seen.thread.root.ts);
  fill(byId("thread"), [seen.thread.root, ...seen.thread.replies, ...inside], "", true);
}

function fill(place, messages, empty, inThread = false) {
  const wanted = JSON.stringify([me, messages, thread]);
  if (place.dataset.drawn === wanted) return;
  const opened = place.dataset.of !== `${channel} ${inThread && thread}`;
  const grown = Number(place.dataset.count || 0) < messages.length;
  place.dataset.drawn = wanted;
  place.dataset.of = `${channel} ${inThread && thread}`;
  place.dataset.count = messages.length;
  const rows = [];
  let before = null;
  for (const message of messages) {
    const date = day(moment(message));
    const sameDay = before && date === day(moment(before));
    if (!sameDay) rows.push(element("p", { class: "day" }, date));
    const goesOn = sameDay && before.user === message.user && message.user && Number(message.ts) - Number(before.ts) < 300 && (inThread ? before !== messages[0] : !message.replies);
    rows.push(drawMessage(message, inThread, goesOn));
    before = message;
  }
  if (!rows.length) rows.push(element("p", { class: "empty" }, empty));
  swap(place, rows);
  if (grown || opened) place.scrollTop = place.scrollHeight;
}

const moment = (message) => new Date(Number(message.ts) * 1000);

function drawMessage(message, inThread, goesOn) {
  const author = seen.people[message.user] || { name: "Comptoir", role: "app" };
  const alone = message.user === "";
  const inside = { ...context(), press: (part, block, option) => press(message, part, block, option) };
  const time = clockTime(moment(message));
  return element("article", { class: `message${alone ? " alone" : ""}${goesOn ? " more" : ""}${message.ts === thread && !inThread ? " opened" : ""}`, "aria-label": `${author.name}, ${time}` },
    goesOn ? null : element("span", { class: `avatar ${author.role}`, "aria-hidden": "true" }, author.role === "app" ? "C" : initials(author.name)),
    element("div", { class: "message-inside" },
      goesOn ? null : element("p", { class: "message-head" },
        element("strong", {}, author.name),
        author.role === "app" ? element("span", { class: "app" }, "APP") : null,
        element("time", { class: "muted" }, time),
        message.pinned ? element("span", { class: "muted" }, "pinned") : null,
        alone ? element("span", { class: "muted" }, "only you can see this") : null),
      message.blocks.length ? element("div", { class: "blocks" }, drawBlocks(message.blocks, inside)) : element("div", { class: "bk-words" }, mrkdwn(message.text, inside)),
      message.edited && !message.blocks.length ? element("span", { class: "muted" }, " (edited)") : null,
      message.unfurls?.length ? element("div", { class: "bk-quote" }, drawBlocks(message.unfurls, inside)) : null,
      drawFiles(message.files || []),
      message.reactions?.length ? element("p", { class: "reactions" }, message.reactions.map((one) => element("span", {}, `${emoji(`:${one.name}:`)} ${one.users.length}`))) : null,
      foot(message, inThread, alone)));
}

function foot(message, inThread, alone) {
  if (alone) return element("div", { class: "message-foot" }, small("Dismiss", `d${message.ts}`, () => act({ kind: "dismiss", ts: message.ts })));
  const buttons = [];
  if (!inThread && !message.thread_ts) {
    const words = message.replies ? `${message.replies} ${message.replies > 1 ? "replies" : "reply"}` : "Reply in thread";
    const last = message.latest ? element("span", { class: "muted" }, `last ${day(new Date(message.latest * 1000))} ${clockTime(new Date(message.latest * 1000))}`) : null;
    buttons.push(small(words, `t${message.ts}`, () => openThread(message.ts), message.replies > 0), last);
  }
  if (message.user === me) {
    for (const [id, name] of Object.entries(seen.message_shortcuts)) buttons.push(small(name, `${id}${message.ts}`, () => act({ kind: "message_shortcut", channel, ts: message.ts, action: id })));
  }
  if (seen.is_staff && !inThread && message.blocks.length && !message.thread_ts) {
    buttons.push(small("React with eyes", `e${message.ts}`, () => act({ kind: "react", channel, ts: message.ts, action: "eyes" })));
  }
  return buttons.length ? element("div", { class: "message-foot" }, buttons) : null;
}

function small(words, key, onclick, strong = false) {
  return element("button", { type: "button", class: `link${strong ? " strong" : ""}`, "data-key": key, onclick }, words);
}

// --- acting ---

async function press(message, part, block, option) {
  if (!(await confirmed(part.confirm, context()))) return;
  await act({ kind: "click", channel, ts: message.ts, action: part.action_id, block: block.block_id, option: option ?? null });
}

async function pressInView(view, part, block, option, values) {
  if (!(await confirmed(part.confirm, context()))) return;
  await act({ kind: "click_in_view", view: view.id, action: part.action_id, block: block.block_id, option: option ?? null, values: values ?? null });
}

const submit = (view, values) => act({ kind: "submit", view: view.id, values });

async function say(event, name, thread_ts) {
  event.preventDefault();
  const text = byId(`${name}-text`).value.trim();
  const files = await uploads(byId(`${name}-file`));
  if (!text && !files.length) return;
  byId(name).reset();
  const command = text.match(/^\/incident\b\s*(.*)$/s);
  if (command && !thread_ts) await act({ kind: "command", channel, text: command[1] });
  else await act({ kind: "say", channel, text, thread_ts, files });
}
