// Block Kit, drawn. `context` carries what a block may need: people, places, press(element, block, option), values.

import { clockTime, day, element, size, uploads } from "./element.js";

const EMOJI = { eyes: "👀", white_check_mark: "✅", warning: "⚠️", hourglass: "⏳", envelope: "✉️", lock: "🔒", wave: "👋", tada: "🎉", x: "❌", bell: "🔔", euro: "💶", memo: "📝", wrench: "🔧", mag: "🔍", calendar: "📅", heavy_check_mark: "✔️", no_entry: "⛔", speech_balloon: "💬" };

export function drawBlocks(blocks, context) {
  return blocks.map((block) => (BLOCKS[block.type] || unknown)(block, context));
}

export function drawText(text, context) {
  if (!text) return [];
  return text.type === "plain_text" ? [emoji(text.text)] : mrkdwn(text.text, context);
}

export const emoji = (name) => name.replace(/:([a-z0-9_+-]+):/g, (whole, word) => EMOJI[word] || whole);

// --- blocks ---

const BLOCKS = {
  header: (block, context) => element("p", { class: "bk-header" }, drawText(block.text, context)),
  divider: () => element("hr", { class: "bk-divider" }),
  section: drawSection,
  context: (block, context) => element("div", { class: "bk-context" }, block.elements.map((one) => (one.type === "image" ? picture(one) : element("span", {}, drawText(one, context))))),
  actions: (block, context) => element("div", { class: "bk-actions" }, block.elements.map((one) => drawElement(one, block, context))),
  rich_text: (block, context) => element("div", { class: "bk-rich" }, block.elements.map((one) => drawRich(one, context))),
  image: (block) => element("figure", { class: "bk-image" }, picture(block)),
  input: drawInput,
  markdown: (block, context) => element("div", { class: "bk-section" }, mrkdwn(block.text.replace(/\*\*/g, "*"), context)),
  file: (block) => element("p", { class: "bk-context" }, `File ${block.external_id}`),
};

const unknown = (block) => element("p", { class: "bk-context" }, `[${block.type}]`);
const picture = (image) => image.slack_file
  ? element("img", { class: "bk-picture", src: `/sandbox/slack/${image.slack_file.id}`, alt: image.alt_text })
  : element("span", { class: "bk-alt" }, image.alt_text);

function drawSection(block, context) {
  return element("div", { class: "bk-section" },
    element("div", { class: "bk-section-words" },
      block.text ? element("div", {}, drawText(block.text, context)) : null,
      block.fields ? element("div", { class: "bk-fields" }, block.fields.map((one) => element("div", {}, drawText(one, context)))) : null),
    block.accessory ? element("div", { class: "bk-accessory" }, drawElement(block.accessory, block, context)) : null);
}

function drawInput(block, context) {
  const error = context.errors?.[block.block_id];
  const id = `field-${block.block_id}`;
  const group = GROUPED.has(block.element.type);
  const field = drawElement(block.element, block, { ...context, id });
  const label = [...drawText(block.label, context), block.optional ? element("span", { class: "muted" }, " (optional)") : ""];
  const below = [
    block.hint ? element("p", { class: "muted", id: `${id}-hint` }, drawText(block.hint, context)) : null,
    error ? element("p", { class: "error", id: `${id}-error`, role: "alert" }, error) : null,
  ];
  const control = group ? null : field;
  if (control) {
    const described = [block.hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
    if (described) control.setAttribute("aria-describedby", described);
    if (error) control.setAttribute("aria-invalid", "true");
  }
  return group
    ? element("fieldset", { class: `bk-input${error ? " wrong" : ""}` }, element("legend", {}, label), field, below)
    : element("div", { class: `bk-input${error ? " wrong" : ""}` }, element("label", { for: id }, label), field, below);
}

// --- elements ---

const GROUPED = new Set(["multi_static_select", "checkboxes", "radio_buttons", "multi_users_select"]);

export function drawElement(given, block, context) {
  return (ELEMENTS[given.type] || unknown)(given, block, context);
}

const keyOf = (given, block) => `${block.block_id}/${given.action_id}`;

const ELEMENTS = {
  button: (given, block, context) => element("button", {
    type: "button", class: `bk-button ${given.style || ""}`, "data-key": keyOf(given, block), "data-action": given.action_id,
    "aria-label": given.accessibility_label,
    onclick: () => (given.url ? window.open(given.url, "_blank", "noopener") : null, context.press(given, block)),
  }, drawText(given.text, context)),
  overflow: drawOverflow,
  image: picture,
  static_select: (given, block, context) => select(given, block, context, options(given), (one) => one.text.text),
  users_select: (given, block, context) => select(given, block, context, Object.values(context.people).map((one) => ({ value: one.id, text: { text: one.name } }))),
  conversations_select: (given, block, context) => select(given, block, context, context.places.map((one) => ({ value: one.id, text: { text: one.name } }))),
  multi_static_select: (given, block, context) => ticks(given, block, context, options(given), "checkbox"),
  multi_users_select: (given, block, context) => ticks(given, block, context, Object.values(context.people).map((one) => ({ value: one.id, text: { text: one.name } })), "checkbox"),
  checkboxes: (given, block, context) => ticks(given, block, context, given.options, "checkbox"),
  radio_buttons: (given, block, context) => ticks(given, block, context, given.options, "radio"),
  plain_text_input: (given, block, context) => typed(given, block, context, given.multiline ? "textarea" : "text"),
  email_text_input: (given, block, context) => typed(given, block, context, "email"),
  url_text_input: (given, block, context) => typed(given, block, context, "url"),
  number_input: (given, block, context) => typed(given, block, context, "text"),
  file_input: (given, block, context) => element("input", {
    type: "file", multiple: given.max_files !== 1, id: context.id, "data-key": keyOf(given, block), "aria-label": context.id ? undefined : "Files",
    onchange: async (event) => context.keep?.(block, await uploads(event.target)),
  }),
  datepicker: (given, block, context) => typed(given, block, context, "date"),
  timepicker: (given, block, context) => typed(given, block, context, "time"),
  datetimepicker: (given, block, context) => typed(given, block, context, "datetime-local"),
};

const options = (given) => [...(given.options || []), ...(given.option_groups || []).flatMap((group) => group.options)];

function drawOverflow(given, block, context) {
  const id = `menu-${Math.random().toString(36).slice(2)}`;
  const menu = element("div", { id, class: "menu", popover: "auto" }, given.options.map((one) => element("button", {
    type: "button", onclick: () => { menu.hidePopover(); context.press(given, block, one.value); },
  }, drawText(one.text, context), one.description ? element("span", { class: "muted" }, one.description.text) : null)));
  const opener = element("button", { type: "button", class: "bk-button", "aria-label": "More actions", "data-key": keyOf(given, block), popovertarget: id }, "⋯");
  menu.addEventListener("toggle", () => {
    const box = opener.getBoundingClientRect();
    menu.style.top = `${Math.min(box.bottom + 4, innerHeight - menu.offsetHeight - 8)}px`;
    menu.style.left = `${Math.max(8, box.right - menu.offsetWidth)}px`;
  });
  return element("span", { class: "overflow" }, opener, menu);
}

// Values of fields: what was typed here, else what Slack has; outside of forms a choice is sent at once.
function change(given, block, context, value) {
  context.keep?.(block, value);
  if (block.type !== "input" || block.dispatch_action) context.press(given, block, value);
}

function select(given, block, context, offered) {
  const value = context.value?.(given, block) ?? "";
  const made = element("select", { id: context.id, class: "bk-select", "data-key": keyOf(given, block), "aria-label": context.id ? undefined : given.placeholder?.text || "Choose", onchange: (event) => change(given, block, context, event.target.value) },
    element("option", { value: "" }, given.placeholder?.text || "Choose…"),
    offered.map((one) => element("option", { value: one.value }, emoji(one.text.text))));
  made.value = value;
  return made;
}

function ticks(given, block, context, offered, type) {
  const value = [context.value?.(given, block) ?? []].flat();
  const group = element("div", { class: "ticks" });
  group.append(...offered.map((one) => element("label", {},
    element("input", {
      type, name: keyOf(given, block), value: one.value, checked: value.includes(one.value), "data-key": `${keyOf(given, block)}=${one.value}`,
      onchange: () => {
        const chosen = [...group.querySelectorAll("input:checked")].map((input) => input.value);
        change(given, block, context, type === "radio" ? chosen[0] : chosen);
      },
    }),
    element("span", {}, drawText(one.text, context), one.description ? element("span", { class: "muted" }, ` ${one.description.text}`) : null))));
  return group;
}

function typed(given, block, context, type) {
  const common = {
    id: context.id, "data-key": keyOf(given, block), placeholder: given.placeholder?.text, maxlength: given.max_length,
    "aria-label": context.id ? undefined : given.placeholder?.text || given.action_id,
    oninput: (event) => context.keep?.(block, stored(event.target.value, type)),
    onchange: (event) => change(given, block, context, stored(event.target.value, type)),
  };
  const made = type === "textarea" ? element("textarea", { ...common, rows: 5 }) : element("input", { ...common, type, inputmode: given.type === "number_input" ? "decimal" : undefined });
  made.value = shown(context.value?.(given, block) ?? "", type);
  return made;
}

const stored = (value, type) => (type === "datetime-local" && value ? String(Math.floor(new Date(value).getTime() / 1000)) : value);
const shown = (value, type) => (type === "datetime-local" && value ? new Date(value * 1000).toISOString().slice(0, 16) : value);

// --- rich text ---

function drawRich(given, context) {
  const spans = () => given.elements.map((one) => span(one, context));
  if (given.type === "rich_text_list") return element(given.style === "ordered" ? "ol" : "ul", { class: "bk-list" }, given.elements.map((one) => element("li", {}, one.elements.map((inner) => span(inner, context)))));
  if (given.type === "rich_text_preformatted") return element("pre", { class: "bk-pre" }, spans());
  if (given.type === "rich_text_quote") return element("blockquote", { class: "bk-quote" }, spans());
  return element("div", { class: "bk-words" }, spans());
}

const SPANS = {
  text: (one) => one.text,
  link: (one) => anchor(one.url, one.text || one.url),
  emoji: (one) => EMOJI[one.name] || `:${one.name}:`,
  user: (one, context) => mention(`@${context.people[one.user_id]?.name || one.user_id}`),
  usergroup: (one) => mention(`@${one.usergroup_id}`),
  channel: (one, context) => mention(`#${context.places.find((place) => place.id === one.channel_id)?.name || one.channel_id}`),
  broadcast: (one) => mention(`@${one.range}`),
  date: (one) => moment(one.timestamp),
  color: (one) => one.value,
};
const STYLES = { bold: "strong", italic: "em", strike: "s", code: "code", underline: "u", highlight: "mark" };

function span(one, context) {
  const made = (SPANS[one.type] || (() => `[${one.type}]`))(one, context);
  return Object.entries(one.style || {}).reduce((inner, [name, on]) => (on && STYLES[name] ? element(STYLES[name], {}, inner) : inner), made);
}

const mention = (words) => element("span", { class: "mention" }, words);
const anchor = (url, words) => element("a", { href: /^(https?|mailto):/.test(url) ? url : "#", target: "_blank", rel: "noopener" }, words);
const moment = (seconds) => { const at = new Date(seconds * 1000); return `${day(at)} ${clockTime(at)}`; };

// --- mrkdwn ---

const PATTERN = /```([\s\S]+?)```|`([^`\n]+)`|<([^>\n]+)>|(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])|(?<!\w)_(\S(?:[^_\n]*\S)?)_(?!\w)|(?<!\w)~(\S(?:[^~\n]*\S)?)~(?!\w)/g;

export function mrkdwn(text, context) {
  const made = [];
  let last = 0;
  for (const match of text.matchAll(PATTERN)) {
    made.push(plain(text.slice(last, match.index)));
    last = match.index + match[0].length;
    const [, pre, code, angle, bold, italic, strike] = match;
    if (pre) made.push(element("pre", { class: "bk-pre" }, plain(pre)));
    else if (code) made.push(element("code", {}, plain(code)));
    else if (angle) made.push(angled(angle, context));
    else if (bold) made.push(element("strong", {}, mrkdwn(bold, context)));
    else if (italic) made.push(element("em", {}, mrkdwn(italic, context)));
    else made.push(element("s", {}, mrkdwn(strike, context)));
  }
  made.push(plain(text.slice(last)));
  return made;
}

const plain = (text) => emoji(text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&"));

function angled(inside, context) {
  const [target, words] = inside.split("|");
  if (target.startsWith("@")) return SPANS.user({ user_id: target.slice(1) }, context);
  if (target.startsWith("#")) return SPANS.channel({ channel_id: target.slice(1) }, context);
  if (target.startsWith("!date")) return moment(Number(target.split("^")[1]));
  if (target.startsWith("!")) return mention(`@${words || target.slice(1)}`);
  return anchor(plain(target), plain(words || target));
}

export function drawFiles(files) {
  return files.length ? element("ul", { class: "files" }, files.map((file) => element("li", {}, element("a", { class: "attachment", href: `/sandbox/slack/${file.id}`, target: "_blank" }, element("span", { "aria-hidden": "true" }, file.type === "application/pdf" ? "PDF" : "FILE"), `${file.name} · ${size(file.size)}`)))) : null;
}
