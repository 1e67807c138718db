// The queue: what becomes of each record, from the tap on « Enregistrer » to the server's word about that very record.
// States: waiting → sending → sent, or needs (the person's eye). Only `settle` ends a record, and only by its own answer.
import { inOne, keepRecord, photosOf } from "./store.js";

export const HOLD = 10_000;
const SENT_KEPT = 50;
const ACKNOWLEDGED = new Set(["created", "already_have", "updated"]);
const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("civic-phone") : null;
const told = () => document.dispatchEvent(new CustomEvent("phone:change"));
channel?.addEventListener("message", told);
export const changed = () => {
  channel?.postMessage("change");
  told();
};

// Over one account's records; `work` may put and delete in the same transaction.
const over = async (account, work) => {
  const result = await inOne(["records"], async (tx) => {
    const table = tx.objectStore("records");
    return work(table, account === null ? await table.getAll() : await table.index("account").getAll(account));
  });
  changed();
  return result;
};

export const newUuid = () => {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};

// A record as it was confirmed. `held` gives ten seconds to think again; `reason` keeps it here until it is corrected.
// A report's `photo` ({type, bytes}) is a record beside it, that leaves once the report is there.
export const keep = async (given) => {
  const { account, kind, uuid, version, content, label, said, held = true, reason = null, photo = null } = given;
  const record = {
    uuid, account, kind, version, content, label, said, reason,
    state: reason ? "needs" : "waiting",
    savedAt: Date.now(),
    holdUntil: held && !reason ? Date.now() + HOLD : 0,
    tried: false,
  };
  const beside = photo && {
    ...record, uuid: newUuid(), kind: "photo", version: 1, state: "waiting", reason: null,
    content: { ...photo, report: uuid },
  };
  await keepRecord(record, beside);
  changed();
  return record;
};

export const find = (uuid) => inOne(["records"], (tx) => tx.objectStore("records").get(uuid));
export const mine = (account) => inOne(["records"], (tx) => tx.objectStore("records").index("account").getAll(account));
export const everybody = () => inOne(["records"], (tx) => tx.objectStore("records").getAll());
export const unsent = (records) => records.filter((record) => record.state !== "sent");

// Undone only while nothing has left: true when the record is gone from here, false when its sending has begun. What was
// confirmed before it comes back.
export const undo = (account, uuid) =>
  over(account, async (table) => {
    const record = await table.get(uuid);
    if (!record || record.account !== account) return true;
    if (record.tried || record.state !== "waiting") return false;
    const { before } = record;
    if (before) await table.put({ ...before, state: before.state === "sending" ? "waiting" : before.state });
    else await remove(table, record);
    return true;
  });

// Taken off the phone by the person's own hand, after two taps.
export const drop = (account, uuid) =>
  over(account, async (table) => {
    const record = await table.get(uuid);
    if (record?.account === account && record.state === "needs") await remove(table, record);
  });

// A photo without its report would wait for ever.
const remove = async (table, record) => {
  if (record.kind === "report") for (const key of await photosOf(table, record)) await table.delete(key);
  await table.delete(record.uuid);
};

// The shift that a record is about; its answers are gone once it is sent.
export const shiftOf = (record) => record.shift ?? record.content?.shift_id ?? null;

// A clock that was put back never holds a record for longer than the ten seconds.
const holding = (record, now) => record.holdUntil > now && record.holdUntil - now <= HOLD;
export const heldFor = (records, now) =>
  records
    .filter((record) => record.state === "waiting" && holding(record, now))
    .reduce((least, record) => Math.min(least, record.holdUntil - now), Infinity);

export const endHold = (account) =>
  over(account, async (table, records) => {
    for (const record of records.filter((one) => one.holdUntil)) await table.put({ ...record, holdUntil: 0 });
  });

// What a tab that died was sending goes back to waiting. Only the holder of the sender's lock calls this.
export const release = (account) =>
  over(account, async (table, records) => {
    for (const record of records.filter((one) => one.state === "sending"))
      await table.put({ ...record, state: "waiting" });
  });

export const claim = (account, kind, most) =>
  over(account, async (table, records) => {
    const now = Date.now();
    const unsent = new Set(records.filter((one) => one.state !== "sent").map((one) => one.uuid));
    const ready = (one) => one.kind !== "photo" || !unsent.has(one.content.report);
    const chosen = records
      .filter((one) => one.kind === kind && one.state === "waiting" && !holding(one, now) && ready(one))
      .sort((a, b) => a.savedAt - b.savedAt)
      .slice(0, most)
      .map(({ before: _undone, ...one }) => ({ ...one, state: "sending", tried: true, holdUntil: 0 }));
    for (const record of chosen) await table.put(record);
    return chosen;
  });

// The server's word about each record of a batch: `answers` maps a UUID to {outcome, errors}. A record without an answer
// waits again. One that was edited here meanwhile keeps its newer content. Returns how many were answered.
export const settle = (account, batch, answers) =>
  over(account, async (table, records) => {
    let answered = 0;
    for (const sent of batch) {
      const now = await table.get(sent.uuid);
      if (!now) continue;
      const answer = answers.get(sent.uuid);
      if (answer) answered += 1;
      await table.put(now.version === sent.version ? after(now, answer) : { ...now, tried: true });
    }
    await forget(table, records);
    return answered;
  });

const after = (record, answer) => {
  if (!answer) return record.state === "sending" ? { ...record, state: "waiting" } : record;
  if (ACKNOWLEDGED.has(answer.outcome)) {
    const { content, ...rest } = record;
    return { ...rest, shift: content.shift_id ?? null, state: "sent", reason: null, sentAt: Date.now() };
  }
  // The shift was the phone's guess, never the person's word: without it the record goes as it was typed.
  const wrong = Object.keys(answer.errors ?? {});
  if (record.kind !== "arrival" && record.content.shift_id && wrong.length === 1 && wrong[0] === "shift_id")
    return { ...record, state: "waiting", content: { ...record.content, shift_id: null } };
  return { ...record, state: "needs", reason: { outcome: answer.outcome, errors: answer.errors ?? {} } };
};

// A line remains of what was sent, so that the list can say so; the answers themselves are gone. The oldest lines go.
const forget = async (table, records) => {
  const sent = records.filter((record) => record.state === "sent").sort((a, b) => b.sentAt - a.sentAt);
  for (const record of sent.slice(SENT_KEPT)) await table.delete(record.uuid);
};

// Records of a backup file that this phone does not know; one that it knows, in whatever state, is left as it is.
export const takeIn = (account, found) =>
  over(account, async (table) => {
    let taken = 0;
    for (const record of found) {
      if (await table.get(record.uuid)) continue;
      await table.put(record);
      taken += 1;
    }
    return taken;
  });
