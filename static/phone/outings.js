// « Comment s’est passée la sortie ? » on the home page. The server drew what it knew; the phone adds what came since: a
// shift that ended with no network, an account that waits here or has just left, one that the partner wrote.
import { account, madeAt } from "./account.js";
import { mine, shiftOf } from "./queue.js";
import { ended, shifts } from "./shifts.js";
import { today } from "./time.js";
import { count, piece, word } from "./words.js";

const root = document.querySelector("[data-phone-outings]");
const drawn = (kind) => root.querySelector(`[data-outing="${kind}"]`);
// What the server had drawn, which stays true of its shift: an account once written is never unwritten.
const first = root && { asked: drawn("asked")?.dataset.shift, written: drawn("written")?.dataset.shift };

export const showOutings = async () => {
  if (!root) return;
  const over = ended(await shifts());
  const records = (await mine(account)).filter((one) => one.kind === "outing" && shiftOf(one));
  const own = new Map(records.map((one) => [shiftOf(one), one]));
  const isWritten = (one) => own.has(one.id) || Boolean(one.outing) || first.written === one.id;
  // About a shift that had ended when the page was made, the page knows best whether it is to be asked.
  const news = (one) => Date.parse(one.ends_at) > madeAt;
  const asked = over.filter((one) => !isWritten(one) && (first.asked || news(one)));
  const latest = over.slice(0, 1).find((one) => one.days.includes(today()) && isWritten(one));
  const listed = (id) => over.some((one) => one.id === id);
  if (!first.asked || listed(first.asked) || own.has(first.asked) || asked.some(news))
    put("asked", asked[0], (card) => fillAsked(card, asked));
  if (latest || !first.written || listed(first.written))
    put("written", latest, (card) => fillWritten(card, latest, own.get(latest.id)), own.get(latest?.id)?.state);
  root.hidden = !root.children.length;
};

// A card of another shift, or of another state of the record, is drawn anew; one that says it already is left alone.
const put = (kind, shift, fillIn, state = "") => {
  const before = drawn(kind);
  if (!shift) return before?.remove();
  const same = before?.dataset.shift === shift.id && (before.dataset.seen ?? "") === (state ?? "");
  if (same) return;
  const card = piece(kind);
  Object.assign(card.dataset, { shift: shift.id, seen: state ?? "" });
  card.querySelector("[data-what]").textContent = `${shift.site}, ${shift.when}`;
  card.querySelector("[data-open]").href = `/sorties/nouvelle?shift=${shift.id}`;
  fillIn(card);
  if (before) before.replaceWith(card);
  else if (kind === "asked") root.prepend(card);
  else root.append(card);
};

const fillAsked = (card, asked) => {
  const others = card.querySelector("[data-others]");
  others.hidden = asked.length < 2;
  others.querySelector("a").textContent = asked.length < 2 ? "" : count("others_out", asked.length - 1);
};

const fillWritten = (card, shift, record) => {
  const state = card.querySelector("[data-state]");
  card.querySelector("[data-said]").textContent = record?.said ?? shift.outing?.said ?? "";
  state.hidden = !record;
  if (!record) return;
  state.textContent = word(`state_${record.state}`);
  if (record.state !== "sent") card.querySelector("[data-open]").href = `/sorties/nouvelle#fiche=${record.uuid}`;
};
