// « Mes envois »: every record that is on this phone, what is true of it, and what can be done.
import { account } from "./account.js";
import { fromFile, toFile } from "./backup.js";
import { drop, mine } from "./queue.js";
import { kick, last } from "./sender.js";
import { counts } from "./status.js";
import { conflictOf, count, piece, word } from "./words.js";

const PAGE = {
  encounter: "/rencontres/nouvelle", outing: "/sorties/nouvelle", arrival: "/ici", report: "/signalements/nouveau",
};
const ORDER = ["needs", "sending", "waiting", "sent"];
const root = document.querySelector("[data-phone-list]");
const part = (name) => root.querySelector(`[data-${name}]`);
const say = (name, text) => {
  const target = part(name);
  if (target.textContent !== text) target.textContent = text;
  target.hidden = !text;
};

export const startList = () => {
  if (!root) return;
  part("send").addEventListener("click", () => kick(true));
  part("backup").addEventListener("click", () => toFile(account));
  part("restore").addEventListener("change", restore);
  part("records").addEventListener("click", onDrop);
};

export const showList = async () => {
  if (!root) return;
  const records = await mine(account);
  const now = await counts();
  say("summary", now.own ? count("summary", now.own) : word("empty"));
  say("others", now.others ? count("others", now.others) : "");
  say("try", now.waiting + now.sending ? tried() : "");
  part("send").hidden = !now.waiting;
  part("signin").hidden = last.ended !== "signin";
  part("backup").disabled = !now.own;
  draw(records);
};

const tried = () => {
  if (navigator.onLine === false || last.ended === "offline") return word("try_network");
  if (last.ended === "signin") return word("try_signin");
  const seconds = Math.max(1, Math.round((last.until - Date.now()) / 1000));
  return last.ended === "later" ? word("try_later", { n: seconds }) : "";
};

const draw = (records) => {
  const list = part("records");
  const order = (one) => ORDER.indexOf(one.state);
  const sorted = [...records].sort((a, b) => order(a) - order(b) || b.savedAt - a.savedAt);
  const drawn = new Map([...list.children].map((line) => [line.dataset.uuid, line]));
  const lines = sorted.map((record) => {
    const line = drawn.get(record.uuid) ?? piece("record");
    if (line.dataset.seen !== record.state + record.version) fillLine(line, record);
    return line;
  });
  for (const [uuid, line] of drawn) if (!sorted.some((one) => one.uuid === uuid)) line.remove();
  lines.forEach((line, place) => list.children[place] !== line && list.insertBefore(line, list.children[place] ?? null));
  list.hidden = !lines.length;
};

const fillLine = (line, record) => {
  Object.assign(line.dataset, { uuid: record.uuid, state: record.state, seen: record.state + record.version });
  const set = (name, text) => (line.querySelector(`[data-${name}]`).textContent = text);
  set("title", word(`kind_${record.kind}`));
  set("what", record.label);
  line.querySelector("p[data-state]").textContent = word(`state_${record.state}`);
  const needs = record.state === "needs";
  const reasons = line.querySelector("[data-reasons]");
  const why = record.reason?.outcome === "conflict" ? [conflictOf(record.kind)] : Object.values(record.reason?.errors ?? {});
  reasons.replaceChildren(...(needs ? why : []).map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  reasons.hidden = !needs;
  const open = line.querySelector("[data-open]");
  open.href = `${PAGE[record.kind]}#fiche=${record.uuid}`;
  // A photo is chosen again on the page of its report: here it can only be taken off.
  open.hidden = !needs || !PAGE[record.kind];
  line.querySelector("[data-drop]").hidden = !needs;
};

// Two taps, since nothing brings it back.
const onDrop = async (event) => {
  const button = event.target.closest("[data-drop]");
  if (!button) return;
  if (!button.dataset.sure) {
    button.dataset.sure = "1";
    button.className = "btn btn-danger";
    button.querySelector("span").textContent = word("drop_sure");
    return;
  }
  await drop(account, button.closest("li").dataset.uuid);
  part("summary").scrollIntoView({ block: "center" });
};

const restore = async ({ target }) => {
  const [file] = target.files;
  if (!file) return;
  try {
    const n = await fromFile(account, file);
    say("restored", n ? count("imported", n) : word("imported_none"));
    kick(true);
  } catch (error) {
    say("restored", word(error.message === "other" ? "import_other" : "import_bad"));
  }
  target.value = "";
};

