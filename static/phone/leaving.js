// Signing out: personal pages leave the phone; what was not sent is said first and stays, for its owner alone.
import { account, forgetPages } from "./account.js";
import { toFile } from "./backup.js";
import { mine, unsent } from "./queue.js";
import { count, piece } from "./words.js";

export const startLeaving = () => {
  for (const form of document.querySelectorAll('form[action="/deconnexion"]'))
    form.addEventListener("submit", (event) => {
      if (form.dataset.phoneAsked) return;
      event.preventDefault();
      leave(form);
    });
};

const leave = async (form) => {
  const waiting = unsent(await mine(account).catch(() => []));
  if (waiting.length) return ask(form, waiting.length);
  return go(form);
};

const go = async (form) => {
  await forgetPages().catch(() => {});
  form.dataset.phoneAsked = "1";
  form.requestSubmit();
};

const ask = (form, n) => {
  const dialog = piece("leaving");
  dialog.querySelector("[data-title]").textContent = count("leave", n);
  const on = (name, act) => dialog.querySelector(`[data-${name}]`).addEventListener("click", act);
  on("stay", () => dialog.close());
  on("backup", () => toFile(account));
  on("leave", () => {
    dialog.close();
    go(form);
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
};
