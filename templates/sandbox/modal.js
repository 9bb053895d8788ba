// Modals as Slack shows them: filled in, submitted, refused with words at the field; and the question before a click.

import { drawBlocks, drawText } from "./blocks.js";
import { byId, element } from "./element.js";

let shown = null;
let typed = {};
let drawn = "";

export function startModal(close) {
  byId("modal").addEventListener("cancel", (event) => { event.preventDefault(); close(shown); });
}

// Shows this view, or takes away the one that was there. `acts` are submit(view, values), close(view), press(…).
export function showModal(view, context, acts) {
  const dialog = byId("modal");
  if (!view) {
    shown = null;
    drawn = "";
    if (dialog.open) dialog.close();
    return;
  }
  if (!shown || shown.id !== view.id) typed = {};
  shown = view;
  const wanted = JSON.stringify([view.id, view.hash, view.errors, view.trouble]);
  if (wanted === drawn) return;
  drawn = wanted;
  draw(dialog, view, context, acts);
  if (!dialog.open) dialog.showModal();
  const first = dialog.querySelector(".wrong :is(input, textarea, select)") || dialog.querySelector("input, textarea, select");
  first?.focus();
}

function draw(dialog, view, context, acts) {
  const given = view.given;
  const inside = {
    ...context,
    errors: view.errors,
    value: (part, block) => (block.block_id in typed ? typed[block.block_id] : held(view.values[block.block_id]?.[part.action_id])),
    keep: (block, value) => { typed[block.block_id] = value; },
    press: (part, block, option) => acts.press(view, part, block, option, { ...typed }),
  };
  const form = element("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); acts.submit(view, { ...typed }); } },
    element("div", { class: "modal-head" },
      element("h2", { id: "modal-title" }, drawText(given.title, context)),
      element("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: () => acts.close(view) }, "✕")),
    element("div", { class: "modal-body" },
      view.trouble ? element("p", { class: "error", role: "alert" }, view.trouble) : null,
      element("p", { class: "error", id: "modal-refusal", role: "alert" }),
      drawBlocks(given.blocks, inside)),
    element("div", { class: "modal-foot" },
      element("button", { type: "button", class: "secondary", onclick: () => acts.close(view) }, given.close ? drawText(given.close, context) : given.submit ? "Cancel" : "Close"),
      given.submit ? element("button", { type: "submit", class: "primary" }, drawText(given.submit, context)) : null));
  dialog.replaceChildren(form);
}

export function refuse(words) {
  const place = byId("modal-refusal");
  if (place) place.textContent = words;
}

// What a field holds, as it is entered: a text, an option's value, several of them.
function held(state) {
  if (!state) return undefined;
  if (state.selected_options) return state.selected_options.map((one) => one.value);
  if (state.selected_option) return state.selected_option.value;
  return state.value ?? state.selected_date ?? state.selected_time ?? state.selected_date_time ?? state.selected_user ?? state.selected_users ?? state.selected_conversation ?? undefined;
}

// Slack's own question before a button that has one; true: yes.
export function confirmed(question, context) {
  if (!question) return Promise.resolve(true);
  const dialog = byId("confirm");
  return new Promise((resolve) => {
    const answer = (yes) => { dialog.close(); resolve(yes); };
    dialog.replaceChildren(
      element("div", { class: "modal-head" }, element("h2", { id: "confirm-title" }, drawText(question.title, context))),
      element("div", { class: "modal-body" }, element("p", {}, drawText(question.text, context))),
      element("div", { class: "modal-foot" },
        element("button", { type: "button", class: "secondary", onclick: () => answer(false) }, drawText(question.deny, context)),
        element("button", { type: "button", class: question.style === "danger" ? "danger" : "primary", onclick: () => answer(true) }, drawText(question.confirm, context))));
    dialog.oncancel = () => resolve(false);
    dialog.showModal();
    dialog.querySelector(".modal-foot button:last-child").focus();
  });
}
