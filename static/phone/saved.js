// After « Enregistrer »: what is true of the record, ten seconds to think again, and the next one.
import { account } from "./account.js";
import { HOLD, endHold, find, undo } from "./queue.js";
import { kick, makeWay } from "./sender.js";
import { piece, word } from "./words.js";

export const showSaved = (record, form, again) => {
  const card = piece("saved");
  const set = (name, text) => (card.querySelector(`[data-${name}]`).textContent = text);
  set("title", word(`saved_${record.kind}`));
  set("what", record.label);
  const next = card.querySelector("[data-next]");
  next.hidden = record.kind !== "encounter";
  next.addEventListener("click", (event) => {
    event.preventDefault();
    close();
    again();
    endHold(account).then(kick);
    form.querySelector("input, select, summary")?.focus({ preventScroll: true });
    scrollTo(0, 0);
  });
  const danger = record.content?.kind === "danger" && form.querySelector(".report-danger");
  if (danger) card.append(danger.cloneNode(true));
  const stop = offerUndo(card, record, form, () => close());
  const follow = () => showState(card, record.uuid, set);
  document.addEventListener("phone:change", follow);
  const close = () => {
    stop();
    document.removeEventListener("phone:change", follow);
    card.remove();
    form.hidden = false;
    document.querySelector("main > .topbar")?.removeAttribute("hidden");
  };
  form.hidden = true;
  document.querySelector("main > .topbar")?.setAttribute("hidden", "");
  form.before(card);
  card.focus({ preventScroll: true });
  scrollTo(0, 0);
  follow();
  makeWay();
  kick();
};

const showState = async (card, uuid, set) => {
  const record = await find(uuid);
  if (!record) return;
  const reasons = record.state === "needs" ? Object.values(record.reason?.errors ?? {}) : [];
  const text = [word(`state_${record.state}`), ...reasons].join(". ");
  if (card.querySelector("[data-state]").textContent !== text) set("state", text);
  if (record.state === "needs") card.querySelector('a[href="/envois"]').className = "btn btn-ghost";
};

const offerUndo = (card, record, form, close) => {
  const button = card.querySelector("[data-undo]");
  const label = button.querySelector("span");
  if (!record.holdUntil) {
    button.hidden = true;
    return () => {};
  }
  let left = HOLD / 1000;
  const tick = () => {
    label.textContent = word("undo", { n: left });
    if (left-- > 0) return;
    clearInterval(timer);
    if (button === document.activeElement) card.focus({ preventScroll: true });
    button.hidden = true;
  };
  const timer = setInterval(tick, 1000);
  tick();
  button.addEventListener("click", async () => {
    const gone = await undo(account, record.uuid);
    clearInterval(timer);
    button.hidden = true;
    const state = card.querySelector("[data-state]");
    if (!gone) return (state.textContent = word("state_leaving"));
    close();
    // What was typed is a draft again.
    form.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return () => clearInterval(timer);
};
