// « Mettre à l’abri »: what has not left, in a file, and back. What this phone knows already is never taken twice, and
// the server knows each record by its number.
import { mine, takeIn, unsent } from "./queue.js";

const FORMAT = "civic-envois";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const KINDS = ["encounter", "outing", "arrival", "report", "photo"];

export const toFile = async (account) => {
  const records = unsent(await mine(account)).map(written);
  const text = JSON.stringify({ format: FORMAT, version: 1, account, records }, null, 1);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `civic_envois_${new Date().toISOString().slice(0, 10)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return records.length;
};

// The number of records taken; throws "bad" for a file that is none of ours, "other" for somebody else's.
export const fromFile = async (account, file) => {
  const found = read(await file.text());
  if (found.account !== account) throw new Error("other");
  return takeIn(account, found.records.map((one) => fresh(account, one)));
};

// The bytes of a photo as text, and back.
const written = (record) => {
  if (record.kind !== "photo") return record;
  const { bytes, ...rest } = record.content;
  let text = "";
  for (const byte of new Uint8Array(bytes)) text += String.fromCharCode(byte);
  return { ...record, content: { ...rest, data: btoa(text) } };
};
const bytesOf = ({ data, ...rest }) => ({ ...rest, bytes: Uint8Array.from(atob(data), (one) => one.charCodeAt(0)).buffer });

const read = (text) => {
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    throw new Error("bad");
  }
  if (found?.format !== FORMAT || !Array.isArray(found.records) || !found.records.every(sound)) throw new Error("bad");
  // A page of an older release writes no picture: what it stood beside is not lost with it.
  return { ...found, records: found.records.filter((one) => one.kind !== "photo" || typeof one.content.data === "string") };
};
const sound = (one) =>
  one && UUID.test(one.uuid) && KINDS.includes(one.kind) && Number.isInteger(one.version) && one.content &&
  typeof one.content === "object";
const fresh = (account, { uuid, kind, version, content, label, reason, state }) => ({
  uuid, account, kind, version,
  content: kind === "photo" ? bytesOf(content) : content,
  label: String(label ?? ""),
  state: state === "needs" ? "needs" : "waiting",
  reason: state === "needs" ? (reason ?? null) : null,
  savedAt: Date.now(), holdUntil: 0, tried: true,
});
