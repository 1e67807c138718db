// Between a form and the content of a record: the names are those of the JSON interface.
import { count, word } from "./words.js";

const NOT_CONTENT = new Set(["client_uuid", "version", "sure", "photo"]);
const MANY = 30;
const MOST = 200;
const fire = (control, type) => control.dispatchEvent(new Event(type, { bubbles: true }));

export const contentOf = (form) => {
  const data = new FormData(form);
  const content = {};
  for (const name of new Set([...form.elements].map((one) => one.name).filter(Boolean))) {
    if (NOT_CONTENT.has(name)) continue;
    const control = form.elements[name];
    const value = data.get(name);
    if (name === "topics") content.topics = data.getAll("topics");
    else if (control.type === "number") content[name] = /^\d+$/.test(value ?? "") ? Number(value) : null;
    else content[name] = value || null;
  }
  return content;
};

export const fill = (form, content) => {
  for (const [name, value] of Object.entries(content)) {
    const control = form.elements[name];
    if (!control) continue;
    if (name === "topics" || control instanceof RadioNodeList) {
      const boxes = control instanceof RadioNodeList ? [...control] : [control];
      for (const box of boxes) box.checked = [].concat(value ?? []).includes(box.value);
    } else if (control.type === "number" && control.closest(".counter")) control.value = value ?? 0;
    else control.value = value ?? "";
  }
  refresh(form);
};

// What app.js shows beside the fields follows: sums, boxes left, length of the comment.
export const refresh = (form) => {
  for (const input of form.querySelectorAll(".counter input, textarea[data-count]")) fire(input, "input");
  const box = form.querySelector('[data-max] input[type="checkbox"]');
  if (box) fire(box, "change");
  const details = form.querySelector("textarea")?.closest("details");
  const filled = details && [...details.querySelectorAll("select, textarea")].some((one) => one.value);
  if (filled) details.open = true;
};

export const people = (content) =>
  Object.entries(content).reduce((sum, [name, value]) => sum + (name.startsWith("age_") ? (value ?? 0) : 0), 0);

// What is missing, by the field that shows it. Whether a topic or a site still holds is the server's to say.
export const missing = (kind, content, sure) => {
  const wrong = {};
  if (kind === "arrival") return content.code ? wrong : { code: word("need_code") };
  if (!content.site_id) wrong.site_id = word("need_site");
  if (!content.date) wrong.date = word("need_day");
  if (kind === "report") {
    if (!content.kind) wrong.kind = word("need_kind");
    if (content.kind === "autre" && !content.description) wrong.description = word("need_words");
    return wrong;
  }
  if (!content.half_day) wrong.half_day = word("need_half_day");
  if (kind === "outing") return wrong;
  const n = people(content);
  if (!n) wrong.people_count = word("need_people");
  else if (n > MOST) wrong.people_count = word("too_many");
  else if (n > MANY && n !== sure) wrong.people_count = word("sure", { n });
  if (!content.topics.length || content.topics.length > 3) wrong.topics = word("need_topics");
  if (!content.feeling) wrong.feeling = word("need_feeling");
  return wrong;
};

const optionText = (form, name) => {
  const control = form.elements[name];
  if (!control) return "";
  if (control.options) return control.value ? control.selectedOptions[0].text.trim() : "";
  const chosen = [...form.querySelectorAll(`[name="${name}"]`)].find((one) => one.checked);
  return chosen?.closest("label")?.textContent.trim() ?? "";
};
export const kindText = (form) => optionText(form, "kind");
// An account in one line: « 12 personnes abordées, 3 refus, temps : pluie ».
export const saidOf = (form, content) => {
  const counts = [["approached", content.approached_count], ["refused", content.refused_count]];
  const choices = ["weather", "crowd", "ambience"].map((name) => [name, optionText(form, name).toLowerCase()]);
  return [
    ...counts.filter(([, n]) => n !== null).map(([name, n]) => count(name, n)),
    ...choices.filter(([name]) => content[name]).map(([name, what]) => word(name, { what })),
  ].join(", ");
};
export const placeText = (form, content, today) =>
  [
    optionText(form, "site_id"),
    content.date && content.date !== today ? content.date.split("-").reverse().join("/") : "",
    optionText(form, "half_day").toLowerCase(),
  ]
    .filter(Boolean)
    .join(", ");
