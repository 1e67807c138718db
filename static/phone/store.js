// The phone's own store: records that wait, drafts, and what is known of the server. Nothing here reaches the network.
// The version of the store never changes the shape of a record's `content`: it is what the JSON interface takes, so that
// a page of an older release, still open, can always send what it finds.
import { openDB } from "./idb.js";

const NAME = "civic";
const VERSION = 1;
// What is confirmed must survive a battery that dies: the write reaches the disk before it is called saved.
const STRICT = { durability: "strict" };
let opening = null;

const open = () =>
  (opening ??= openDB(NAME, VERSION, {
    upgrade(db) {
      db.createObjectStore("records", { keyPath: "uuid" }).createIndex("account", "account");
      db.createObjectStore("drafts");
      db.createObjectStore("known");
    },
    blocking: (_from, _to, event) => {
      event.target.close();
      opening = null;
    },
    terminated: () => (opening = null),
  }).catch((error) => {
    opening = null;
    throw error;
  }));

// One transaction of `work` over some tables; the system may close the store behind a page, so it is opened again once.
export const inOne = async (tables, work, again = true) => {
  const db = await open();
  let transaction;
  try {
    transaction = db.transaction(tables, "readwrite", STRICT);
  } catch (error) {
    if (error.name !== "InvalidStateError" || !again) throw error;
    opening = null;
    return inOne(tables, work, false);
  }
  // A failed request ends the transaction too: only the first of the two errors is told.
  transaction.done.catch(() => {});
  const result = await work(transaction);
  await transaction.done;
  return result;
};

const draftKey = (account, kind) => `${account}/${kind}`;

// The photos that wait for a report to be on the server; one that is being sent stays.
export const photosOf = async (table, report) =>
  (await table.index("account").getAll(report.account))
    .filter((one) => one.kind === "photo" && one.content?.report === report.uuid && one.state !== "sending")
    .map((one) => one.uuid);

export const known = (key) => inOne(["known"], (tx) => tx.objectStore("known").get(key));
export const remember = (key, value) => inOne(["known"], (tx) => tx.objectStore("known").put(value, key));
export const draft = (account, kind) => inOne(["drafts"], (tx) => tx.objectStore("drafts").get(draftKey(account, kind)));
export const keepDraft = (account, kind, value) =>
  inOne(["drafts"], (tx) => tx.objectStore("drafts").put(value, draftKey(account, kind)));
export const dropDraft = (account, kind) =>
  inOne(["drafts"], (tx) => tx.objectStore("drafts").delete(draftKey(account, kind)));

// A record is kept and its draft leaves in the same instant: neither is ever lost or there twice. What it takes the place
// of stays within it for as long as it can be undone. A report's photo comes along as a record of its own, in the place of
// one that was chosen before.
export const keepRecord = (record, photo = null) =>
  inOne(["records", "drafts"], async (tx) => {
    const table = tx.objectStore("records");
    if (photo) for (const key of await photosOf(table, record)) await table.delete(key);
    const { before: _older, ...before } = (await table.get(record.uuid)) ?? {};
    await table.put(before.uuid ? { ...record, before } : record);
    if (photo) await table.put(photo);
    await tx.objectStore("drafts").delete(draftKey(record.account, record.kind));
  });
