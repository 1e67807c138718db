// Errors at their fields, as the server's forms show them; the first one gets the focus.
import { banner, piece } from "./words.js";

export const clear = (form) => {
  for (const one of form.querySelectorAll("[data-phone-error]")) {
    for (const target of form.querySelectorAll(`[aria-describedby~="${CSS.escape(one.id)}"]`)) describe(target, "", one.id);
    one.remove();
  }
  for (const one of form.querySelectorAll("[aria-invalid]")) one.removeAttribute("aria-invalid");
};

// Beside what describes it already: its help, its hint.
const describe = (target, added, gone = "") => {
  const ids = (target.getAttribute("aria-describedby") ?? "").split(" ");
  const kept = [...ids.filter((id) => id && id !== gone && id !== added), added].filter(Boolean);
  if (kept.length) target.setAttribute("aria-describedby", kept.join(" "));
  else target.removeAttribute("aria-describedby");
};

const put = (form, name, message) => {
  const target = form.querySelector(`#f-${CSS.escape(name)}`);
  if (!target) return null;
  const error = piece("error");
  error.id = `f-${name}-error`;
  error.dataset.phoneError = "";
  error.querySelector("span").textContent = message;
  if (target.matches("fieldset")) target.querySelector("legend").after(error);
  else {
    target.setAttribute("aria-invalid", "true");
    target.after(error);
  }
  describe(target, error.id);
  for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  return target;
};

// Those without a field of their own stand above the form.
export const show = (form, errors) => {
  clear(form);
  const shown = Object.entries(errors).map(([name, message]) => put(form, name, message) ?? above(form, message));
  const first = [...form.querySelectorAll("[data-phone-error]")][0];
  const target = first?.matches(".banner") ? first : (shown.find((one) => first && one.contains(first)) ?? shown[0]);
  target?.focus({ preventScroll: true });
  (first ?? target)?.scrollIntoView({ block: "center" });
};
const above = (form, message) => {
  const made = banner(message);
  made.dataset.phoneError = "";
  form.prepend(made);
  return made;
};
