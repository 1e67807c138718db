// The forms of the field: a draft at every tap, the record on the phone before anything is sent, and no page to
// wait for. Where the phone can't keep anything the form posts to the server, as without scripts.
import { account, keptAt } from "./account.js";
import * as errors from "./errors.js";
import {
  contentOf, fill, kindText, missing, people, placeText, refresh as refreshFields, saidOf,
} from "./fields.js";
import { MOST, shrink } from "./photo.js";
import { find, keep, newUuid } from "./queue.js";
import { showSaved } from "./saved.js";
import { arrivalShift, likely, placeOf, shiftAt, shifts } from "./shifts.js";
import { draft, keepDraft } from "./store.js";
import { today } from "./time.js";
import { banner, conflictOf, count, word } from "./words.js";

const PLACE = ["site_id", "date", "half_day"];

export const startForm = async (form, storeWorks) => {
  const kind = form.dataset.phoneForm;
  const state = { kind, form, uuid: newUuid(), version: 1, sure: 0, busy: false, list: [] };
  if (!storeWorks) return withoutStore(form);
  form.addEventListener("submit", (event) => onSubmit(event, state));
  const note = () => {
    showPlace(state);
    keepDraft(account, kind, { uuid: state.uuid, version: state.version, content: contentOf(form) }).catch(() => {});
  };
  state.list = await shifts();
  takeServersOwn(state);
  await prefill(state);
  form.addEventListener("input", note);
  form.addEventListener("change", note);
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-step]")) setTimeout(note);
  });
  form.dataset.phoneReady = "";
};

// The identifier in the page is the server's, good once: a page kept on the phone would give it to every record. Only a
// fresh page that shows an account written before names the record to correct.
const takeServersOwn = (state) => {
  const version = Number(state.form.elements.version?.value ?? 1);
  if (keptAt || !(version > 1)) return;
  Object.assign(state, { uuid: state.form.elements.client_uuid.value, version });
};

const prefill = async (state) => {
  const { form, kind } = state;
  const asked = new URLSearchParams(location.hash.slice(1)).get("fiche");
  const record = asked && (await find(asked));
  if (record?.account === account && record.kind === kind && record.content) return resume(state, record);
  if (kind === "arrival") {
    const code = decodeURIComponent(location.pathname.split("/")[2] ?? "");
    if (code && form.elements.code && !form.elements.code.value) form.elements.code.value = code;
    return;
  }
  const day = form.elements.date;
  day.max = today();
  if (keptAt) fillKept(state);
  const before = await draft(account, kind);
  const there = before && (await find(before.uuid));
  if (before && !(there?.version >= before.version) && fits(state, before)) {
    Object.assign(state, { uuid: before.uuid, version: before.version });
    fill(form, before.content);
    say(form, word("draft"));
  }
  showPlace(state);
};

// A draft comes back where nothing else was asked for, or at its own place; never beside an account that is written.
const fits = ({ form, uuid, version }, before) => {
  const here = contentOf(form);
  const there = PLACE.every((name) => (before.content[name] ?? null) === here[name]);
  return (there || !location.search) && (version === 1 || !there || before.uuid === uuid);
};

// A page from the phone's store was filled in for another hour: the place is found anew, and an account is that of the
// shift that was asked for, when its pair wrote one, else a blank one.
const fillKept = (state) => {
  const { form, kind, list } = state;
  const of = (id) => list.find((one) => one.id === id);
  const asked = of(new URLSearchParams(location.search).get("shift"));
  const place = asked ? placeOf(asked) : likely(list);
  fill(form, place);
  if (kind !== "outing") return;
  for (const one of form.querySelectorAll("[data-phone-known]")) one.remove();
  fill(form, { approached_count: null, refused_count: null, weather: null, crowd: null, ambience: null });
  const known = (asked ?? of(shiftAt(list, place)))?.outing;
  if (!known) return;
  Object.assign(state, { uuid: known.uuid, version: known.version + 1 });
  fill(form, known.content);
};

const resume = (state, record) => {
  Object.assign(state, { uuid: record.uuid, version: record.version + 1, sure: people(record.content) });
  fill(state.form, record.content);
  showPlace(state);
  const reason = record.reason ?? {};
  const told = reason.outcome === "conflict" ? { "": conflictOf(record.kind) } : (reason.errors ?? {});
  if (Object.keys(told).length) errors.show(state.form, told);
  say(state.form, word("resumed"));
};

const say = (form, text) => {
  const made = banner(text);
  made.dataset.tone = "info";
  made.setAttribute("role", "status");
  made.dataset.phoneSaid = "";
  form.prepend(made);
};

const showPlace = ({ form }) => {
  for (const one of form.querySelectorAll("[data-on-call]")) one.hidden = one.dataset.onCall !== form.elements.site_id.value;
  const where = form.querySelector("[data-phone-where]");
  const text = where && placeText(form, contentOf(form), today());
  if (text && where.textContent !== text) where.textContent = text;
};

const onSubmit = async (event, state) => {
  event.preventDefault();
  if (state.busy) return;
  const { form, kind } = state;
  const content = contentOf(form);
  const wrong = missing(kind, content, state.sure);
  if (Object.keys(wrong).length) {
    errors.show(form, wrong);
    return offerSure(state, content, wrong);
  }
  errors.clear(form);
  if (kind === "arrival") content.shift_id = arrivalShift(state.list)?.id ?? null;
  else if (kind !== "report") content.shift_id = shiftAt(state.list, content);
  if (kind === "arrival" && !content.shift_id) return withoutShift(form);
  state.busy = true;
  try {
    if (kind === "outing") await nameAccount(state, content);
    const photo = await photoOf(form);
    if (photo?.wrong) return errors.show(form, { photo: photo.wrong });
    await save(state, content, photo);
  } catch (error) {
    await notKept(form, error);
  } finally {
    state.busy = false;
  }
};

// A shift's account has the same identifier on its pair's phones: the server then asks the second who writes one, where
// two identifiers would count the outing twice. One that waits here already is written anew.
const nameAccount = async (state, content) => {
  const own = state.version === 1 && state.list.find((one) => one.id === content.shift_id)?.outing_uuid;
  if (!own || own === state.uuid) return;
  const before = await find(own);
  Object.assign(state, { uuid: own, version: before?.account === account ? before.version + 1 : 1 });
};

// The picture as it will leave, or why it can't; null where none was chosen.
const photoOf = async (form) => {
  const file = form.elements.photo?.files[0];
  if (!file) return null;
  try {
    const made = await shrink(file);
    return made.bytes.byteLength > MOST ? { wrong: word("photo_big") } : made;
  } catch (error) {
    console.warn("no picture:", error?.name);
    return { wrong: word("photo_bad") };
  }
};

const save = async (state, content, photo) => {
  const { form, kind, uuid, version } = state;
  const future = content.date && content.date > today();
  const reason = future ? { outcome: "future", errors: { date: word("future") } } : null;
  const where = kind === "arrival" ? (arrivalShift(state.list)?.site ?? "") : placeText(form, content, "");
  const more = { encounter: () => count("people", people(content)), report: () => kindText(form).toLowerCase() }[kind];
  const label = more ? `${where}, ${more()}` : where;
  const said = kind === "outing" ? saidOf(form, content) : undefined;
  // « Je suis sur place » has nothing to think again about: it leaves at once.
  const held = kind !== "arrival";
  const record = await keep({ account, kind, uuid, version, content, label, said, held, reason, photo });
  navigator.storage?.persist?.().catch(() => {});
  showSaved(record, form, () => again(state, content));
};

// « Encore une »: site, day and half-day stay, everything else is asked anew under a new number.
const again = (state, content) => {
  const { form } = state;
  for (const one of form.querySelectorAll("[data-phone-said]")) one.remove();
  form.reset();
  if (content.date > today()) content.date = today();
  fill(form, Object.fromEntries(PLACE.map((name) => [name, content[name]])));
  const details = form.querySelector("textarea")?.closest("details");
  if (details) details.open = false;
  Object.assign(state, { uuid: newUuid(), version: 1, sure: 0 });
  if (location.hash) history.replaceState(null, "", location.pathname);
  refreshFields(form);
  showPlace(state);
};

const offerSure = (state, content, wrong) => {
  const n = people(content);
  if (wrong.people_count !== word("sure", { n })) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-ghost";
  button.dataset.phoneError = "";
  button.textContent = word("sure_yes", { n });
  button.addEventListener("click", () => {
    state.sure = n;
    state.form.requestSubmit();
  });
  state.form.querySelector("#f-people_count-error").after(button);
};

// The server can say which shift a code means even when this phone can't.
const withoutShift = (form) => {
  if (navigator.onLine === false) return errors.show(form, { code: word("need_shift") });
  form.submit();
};

const notKept = async (form, error) => {
  console.warn("not kept on this phone:", error?.name);
  errors.show(form, { "": word(error?.name === "QuotaExceededError" ? "store_full" : "store_denied") });
  if (navigator.onLine) sendWhole(form);
};

const sendWhole = (form) => {
  if (form.elements.client_uuid && keptAt) form.elements.client_uuid.value = newUuid();
  form.submit();
};

const withoutStore = (form) => {
  form.prepend(banner(word("store_denied")));
  if (form.elements.client_uuid && keptAt) form.elements.client_uuid.value = newUuid();
  form.addEventListener("submit", (event) => {
    if (navigator.onLine !== false) return;
    event.preventDefault();
    errors.show(form, { "": word("store_offline") });
  });
  form.dataset.phoneReady = "";
};
