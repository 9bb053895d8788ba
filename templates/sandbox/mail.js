// The customer's mailbox: who you are, conversations, mails as they look, writing and answering.

import { byId, clockTime, date, element, get, post, refresher, size, swap, toast, uploads } from "./element.js";

const ANYBODY = "*";
let person = sessionStorage.getItem("person") || "";
let known = { people: [], first: {}, desk: "" };
let conversations = [];
let chosen = null; // the id of the first mail of the conversation that is open
let answered = null; // the mail being answered
const read = new Map(JSON.parse(sessionStorage.getItem("read") || "[]"));

export const refreshMail = refresher(async () => {
  known = await get("people");
  if (!person) person = known.people[0].address;
  drawPeople();
  conversations = await get("mail", { as: person });
  const latest = conversations[0];
  const fresh = latest && lastId(latest) > (read.get(person) || 0);
  if (latest && (fresh || !conversations.some((one) => idOf(one) === chosen))) chosen = idOf(latest);
  draw();
});

export function playAs(address) {
  if (address === person) return;
  person = address;
  sessionStorage.setItem("person", person);
  chosen = null;
  closeComposer();
  refreshMail();
}

export function writeFirst() {
  playAs(known.first.sender);
  openComposer(null, known.first);
}

export function startMail() {
  byId("person").addEventListener("change", (event) => choosePerson(event.target.value));
  byId("anybody").addEventListener("change", (event) => event.target.value && playAs(event.target.value.toLowerCase()));
  byId("write").addEventListener("click", () => openComposer(null));
  byId("compose-cancel").addEventListener("click", closeComposer);
  byId("compose").addEventListener("submit", send);
  byId("compose-file").addEventListener("change", nameFiles);
}

const idOf = (conversation) => conversation.mails[0].id;
const lastId = (conversation) => conversation.mails[conversation.mails.length - 1].id;

function choosePerson(value) {
  const other = byId("anybody");
  other.hidden = value !== ANYBODY;
  if (value === ANYBODY) other.focus();
  else playAs(value);
}

function drawPeople() {
  const select = byId("person");
  const listed = known.people.some((one) => one.address === person)
    ? known.people
    : [...known.people, { address: person, name: person, about: "not on file yet" }];
  const wanted = JSON.stringify([listed, person]);
  if (select.dataset.drawn === wanted || document.activeElement === select) return;
  select.dataset.drawn = wanted;
  select.replaceChildren(
    ...listed.map((one) => element("option", { value: one.address }, one.name === one.address ? one.address : `${one.name} — ${one.about}`)),
    element("option", { value: ANYBODY }, "Somebody else…"),
  );
  select.value = person;
  byId("anybody").hidden = true;
}

function draw() {
  const list = byId("conversations");
  list.hidden = conversations.length < 2;
  swap(list, conversations.map(drawConversation));
  drawReading(conversations.find((one) => idOf(one) === chosen));
}

function drawConversation(conversation) {
  const last = conversation.mails[conversation.mails.length - 1];
  const open = idOf(conversation) === chosen;
  const fresh = last.id > (read.get(person) || 0) && !open;
  const moment = new Date(last.at);
  return element("li", {},
    element("button", {
      type: "button", class: `conversation${open ? " open" : ""}${fresh ? " fresh" : ""}`,
      "aria-current": open ? "true" : undefined, "data-key": `c${idOf(conversation)}`,
      onclick: () => { chosen = idOf(conversation); closeComposer(); draw(); },
    },
    element("span", { class: "conversation-subject" }, conversation.subject),
    element("span", { class: "muted" }, `${conversation.mails.length > 1 ? `${conversation.mails.length} · ` : ""}${date(moment)}, ${clockTime(moment)}`)));
}

// Mails that are shown stay as they are: putting one in again would load it again.
function drawReading(conversation) {
  const place = byId("reading");
  if (!conversation) {
    place.dataset.shown = "";
    place.replaceChildren(element("p", { class: "empty" }, "No mail yet. Press “Write” to describe a problem to the desk."));
    return;
  }
  const name = `${person} ${idOf(conversation)}`;
  if (place.dataset.shown !== name) {
    place.dataset.shown = name;
    place.replaceChildren();
  }
  const there = new Set([...place.children].map((one) => one.dataset.id));
  const fresh = conversation.mails.filter((mail) => !there.has(String(mail.id)));
  if (fresh.length) {
    place.append(...fresh.map(drawMail));
    [...place.children].forEach((one) => fold(one, one !== place.lastElementChild));
    requestAnimationFrame(() => { place.scrollTop = place.lastElementChild.offsetTop - place.offsetTop - 8; });
  }
  read.set(person, Math.max(read.get(person) || 0, ...conversations.map(lastId)));
  sessionStorage.setItem("read", JSON.stringify([...read]));
}

function fold(article, folded) {
  article.classList.toggle("folded", folded);
  article.querySelector(".mail-head").setAttribute("aria-expanded", String(!folded));
  const frame = article.querySelector("iframe");
  if (frame && !folded) fit(frame);
}

function drawMail(mail) {
  const moment = new Date(mail.at);
  const article = element("article", { class: `mail ${mail.sent ? "sent" : "received"}`, "data-id": mail.id });
  article.append(
    element("button", { type: "button", class: "mail-head", "aria-expanded": "true", onclick: () => fold(article, !article.classList.contains("folded")) },
      element("span", { class: "avatar", "aria-hidden": "true" }, initials(mail.from)),
      element("span", { class: "mail-from" }, element("strong", {}, mail.sent ? "You" : mail.from), element("span", { class: "muted" }, mail.subject)),
      element("time", { class: "muted", datetime: mail.at }, `${date(moment)}, ${clockTime(moment)}`)),
    element("div", { class: "mail-body" },
      mail.files.length ? element("ul", { class: "files" }, mail.files.map((file) => attachment(mail, file))) : null,
      mail.html ? frame(mail) : words(mail.text),
      element("div", { class: "row" }, element("button", { type: "button", class: "secondary", onclick: () => openComposer(mail) }, mail.sent ? "Write more" : "Reply"))));
  return article;
}

function frame(mail) {
  const made = element("iframe", {
    src: `/sandbox/mail/${mail.id}`, title: `Mail from ${mail.from}: ${mail.subject}`,
    sandbox: "allow-same-origin allow-popups allow-popups-to-escape-sandbox",
  });
  made.addEventListener("load", () => fit(made));
  return made;
}

function fit(made) {
  const inside = made.contentDocument?.documentElement;
  if (inside) made.style.height = `${Math.ceil(inside.getBoundingClientRect().height) || 200}px`;
}

function words(text) {
  const lines = text.replace(/\s+$/, "").split("\n");
  const start = lines.findIndex((line, index) => line.startsWith(">") || (/(a écrit|wrote) ?:$/.test(line) && (lines[index + 1] || "").startsWith(">")));
  const own = (start < 0 ? lines : lines.slice(0, start)).join("\n").trimEnd();
  return [
    element("p", { class: "mail-text" }, own),
    start < 0 ? null : element("details", { class: "quoted" }, element("summary", {}, "What it answers"), element("pre", {}, lines.slice(start).join("\n"))),
  ];
}

function attachment(mail, file) {
  const address = `/sandbox/mail/${mail.id}/${file.number}`;
  return element("li", {}, element("a", { href: address, target: "_blank", class: "attachment" },
    element("span", { "aria-hidden": "true" }, file.type === "application/pdf" ? "PDF" : "FILE"), `${file.name} · ${size(file.size)}`));
}

export function initials(name) {
  return name.replace(/[^\p{L}\s]/gu, " ").trim().split(/\s+/).slice(0, 2).map((one) => one[0] || "").join("").toUpperCase();
}

function openComposer(mail, filled = {}) {
  answered = mail;
  byId("compose").hidden = false;
  byId("compose-to").textContent = mail ? `Reply to ${mail.reply_to}` : `To ${known.desk}`;
  byId("compose-subject").hidden = byId("compose-subject-label").hidden = Boolean(mail);
  byId("compose-subject").value = filled.subject || "";
  byId("compose-text").value = filled.text || "";
  byId("compose-error").textContent = "";
  (mail || filled.text ? byId("compose-text") : byId("compose-subject")).focus();
}

function closeComposer() {
  byId("compose").hidden = true;
  byId("compose").reset();
  nameFiles();
}

function nameFiles() {
  byId("compose-files").textContent = [...byId("compose-file").files].map((file) => file.name).join(", ") || "Attach a file";
}

async function send(event) {
  event.preventDefault();
  const draft = {
    sender: person,
    subject: byId("compose-subject").value,
    text: byId("compose-text").value,
    answers: answered ? answered.id : null,
    forged: byId("compose-forged").checked,
    files: await uploads(byId("compose-file")),
  };
  const done = await post("mail", draft);
  if (done.error) {
    byId("compose-error").textContent = done.error;
    return;
  }
  closeComposer();
  if (!answered) chosen = null;
  toast("Sent, over SMTP, to the desk.");
  refreshMail();
}
