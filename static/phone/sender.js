// Sends the queue: one batch at a time, one tab at a time, and believes only an answer that names the record.
import { account, forgetPages } from "./account.js";
import { alone } from "./lease.js";
import { claim, heldFor, mine, release, settle } from "./queue.js";
import { known, remember } from "./store.js";
import { learn } from "./time.js";
import { word } from "./words.js";

const BATCH = 100;
const PATIENCE = 30_000;
const LONGEST = 5 * 60_000;
const LONGEST_ASKED = 60 * 60_000;
// What is light and what somebody waits for goes first; a photo, heavy and alone, goes last.
const KINDS = ["arrival", "outing", "encounter", "report", "photo"];
const MANY = { outing: "outings", encounter: "encounters", report: "site_reports" };
const PATHS = { outing: "outings", encounter: "encounters", report: "site-reports" };
const ALONE = new Set(["arrival", "photo"]);
const PHOTO_PATIENCE = 180_000;

let size = BATCH;
let failures = 0;
let timer = 0;
let running = null;
let asked = false;
let photo = null;
// What the last try ended with, for the screen: "", "offline", "later" (with `until`), "signin".
export const last = { ended: "", until: 0 };

const end = (ended, until = 0) => {
  Object.assign(last, { ended, until });
  document.dispatchEvent(new CustomEvent("phone:change"));
};
const later = (delay) => {
  clearTimeout(timer);
  timer = setTimeout(kick, delay);
};
// A photo on its way gives up the line to what was just saved, and begins again after it.
export const makeWay = () => photo?.abort();

// Ask for a pass; asked during one, another follows. By hand, the wait after a failure is cut short.
export const kick = (byHand = false) => {
  if (!account) return Promise.resolve();
  if (byHand === true) failures = 0;
  asked = true;
  running ??= (async () => {
    try {
      while (asked) {
        asked = false;
        await alone(pass);
      }
    } catch {
      backOff();
    } finally {
      running = null;
    }
  })();
  return running;
};

// `still` says whether this tab is yet the one that sends.
const pass = async (still) => {
  clearTimeout(timer);
  await release(account);
  const wait = await askedWait();
  if (wait) {
    end("later", Date.now() + wait);
    return later(wait);
  }
  if (navigator.onLine === false) return end("offline");
  for (const kind of KINDS) {
    for (let batch; (await still()) && (batch = await claim(account, kind, ALONE.has(kind) ? 1 : size)).length; ) {
      const answer = await send(kind, batch).catch(() => ({ retry: 0 }));
      const answered = await settle(account, batch, answer.results ?? new Map());
      if (answer.stop) return end(answer.stop);
      if (answer.smaller) size = Math.max(1, Math.floor(batch.length / 2));
      else if (!answered) return backOff(answer.retry);
      else failures = 0;
    }
  }
  end("");
  const held = heldFor(await mine(account), Date.now());
  if (held < Infinity) later(held + 50);
};

// How long the server asked to be left alone, so far as that is still to come.
const askedWait = async () => {
  const until = (await known("not-before")) ?? 0;
  const wait = until - Date.now();
  return wait > 0 && wait <= LONGEST_ASKED ? wait : 0;
};

const backOff = async (retryAfter = 0) => {
  if (navigator.onLine === false && !retryAfter) return end("offline");
  failures += 1;
  const own = Math.min(LONGEST, 2_500 * 2 ** failures) * (0.75 + Math.random() / 2);
  const wait = Math.max(own, Math.min(retryAfter, LONGEST_ASKED));
  if (retryAfter) await remember("not-before", Date.now() + Math.min(retryAfter, LONGEST_ASKED));
  end("later", Date.now() + wait);
  later(wait);
};

const bodyOf = (kind, batch) =>
  kind === "arrival"
    ? { code: batch[0].content.code }
    : { [MANY[kind]]: batch.map(({ uuid, version, content }) => ({ ...content, client_uuid: uuid, version })) };
const sentOf = (kind, batch) =>
  kind === "photo"
    ? { type: batch[0].content.type, body: batch[0].content.bytes }
    : { type: "application/json", body: JSON.stringify(bodyOf(kind, batch)) };
const addressOf = (kind, [{ content }]) => {
  if (kind === "arrival") return `/api/v1/shifts/${content.shift_id}/check-in`;
  return kind === "photo" ? `/api/v1/site-reports/${content.report}/photo` : `/api/v1/${PATHS[kind]}`;
};

const send = async (kind, batch) => {
  const stop = new AbortController();
  const patience = setTimeout(() => stop.abort(), kind === "photo" ? PHOTO_PATIENCE : PATIENCE);
  const { type, body: sent } = sentOf(kind, batch);
  photo = kind === "photo" ? stop : null;
  try {
    const response = await fetch(addressOf(kind, batch), {
      method: "POST",
      redirect: "manual",
      cache: "no-store",
      headers: { "Content-Type": type, Accept: "application/json", "Civic-Account": account },
      body: sent,
      signal: stop.signal,
    });
    const body = response.headers.get("Content-Type")?.includes("json") ? await response.json() : null;
    await learn(response.headers.get("Date"));
    return await understood(kind, batch, response, body);
  } finally {
    clearTimeout(patience);
    photo = null;
  }
};

// What an answer means: `results` by UUID, `smaller` for a batch to cut, `stop` for the person, else a wait (`retry`, ms).
const understood = async (kind, batch, { status, headers }, body) => {
  // A page, a portal of a café, a proxy: nothing was said about any record.
  if (status === 413) return tooBig(batch);
  if (body === null || typeof body !== "object") return { retry: retryAfter(headers) };
  if (status === 200) return { results: (SINGLE[kind] ?? named)(batch, body) };
  if (status === 401) {
    await forgetPages();
    return { stop: "signin" };
  }
  if (status === 403 || status === 408 || status === 425 || status === 429 || status >= 500)
    return { retry: retryAfter(headers) };
  if (status < 400) return { retry: 0 };
  if (batch.length > 1) return { smaller: true };
  const message = body.errors ? Object.values(body.errors)[0] : body.detail;
  const errors = body.errors ?? { "": message || word("refused") };
  return { results: new Map([[batch[0].uuid, { outcome: "rejected", errors }]]) };
};

const tooBig = (batch) =>
  batch.length > 1
    ? { smaller: true }
    : { results: new Map([[batch[0].uuid, { outcome: "rejected", errors: { "": word("too_big") } }]]) };
const arrived = (batch, body) =>
  body.state === "present" && body.shift_id === batch[0].content.shift_id
    ? new Map([[batch[0].uuid, { outcome: "created" }]])
    : new Map();
const shown = (batch, body) =>
  body.photo === true && body.client_uuid === batch[0].content.report
    ? new Map([[batch[0].uuid, { outcome: "created" }]])
    : new Map();
const SINGLE = { arrival: arrived, photo: shown };
const named = (batch, body) => {
  const ours = new Set(batch.map(({ uuid }) => uuid));
  const outcomes = ["created", "already_have", "updated", "conflict", "rejected"];
  const results = Array.isArray(body.results) ? body.results : [];
  const heard = results.filter((one) => ours.has(one?.client_uuid) && outcomes.includes(one.outcome));
  return new Map(heard.map((one) => [one.client_uuid, { outcome: one.outcome, errors: one.errors ?? {} }]));
};
const retryAfter = (headers) => {
  const given = headers.get("Retry-After");
  if (!given) return 0;
  const wait = /^\d+$/.test(given) ? Number(given) * 1000 : Date.parse(given) - Date.parse(headers.get("Date"));
  return Number.isFinite(wait) && wait > 0 ? wait : 0;
};
