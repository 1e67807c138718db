// One tab at a time sends. Where the browser has locks, it keeps them; on an older phone a lease in the store does: a
// tab holds it for a while and renews it as it works, so that one which died is waited for, and then taken over.
import { inOne } from "./store.js";

const KEY = "sender-lease";
// Longer than a request is waited for (sender.js), and than a tab in the background is made to wait for its timers.
const LEASE = 75_000;
const RENEW = 10_000;
const LOOK = 1_000;
// The next page of a tab goes on with its lease. While a page lives the name is nowhere else, so that a copy of the tab
// gets its own.
const NAME = "civic-tab";
const me = sessionStorage.getItem(NAME) ?? Math.random().toString(36).slice(2);
sessionStorage.removeItem(NAME);
addEventListener("pagehide", () => sessionStorage.setItem(NAME, me));

export const alone = (work) =>
  navigator.locks ? navigator.locks.request("civic-sender", () => work(async () => true)) : leased(work);

// In one transaction, which the store grants to one tab after the other. A lease that ends later than any could was
// written by a clock that was put back since.
const over = (change) =>
  inOne(["known"], async (tx) => {
    const table = tx.objectStore("known");
    const held = await table.get(KEY);
    const left = (held?.until ?? 0) - Date.now();
    const others = held && held.by !== me && left > 0 && left <= LEASE;
    return change(table, others ? null : held, others);
  });
const take = () =>
  over(async (table, _held, others) => {
    if (others) return false;
    await table.put({ by: me, until: Date.now() + LEASE }, KEY);
    return true;
  });
// Only so long as it is still ours: a tab that was frozen finds that another took over, and stops.
const renew = () =>
  over(async (table, held) => {
    if (held?.by !== me) return false;
    await table.put({ by: me, until: Date.now() + LEASE }, KEY);
    return true;
  });
const letGo = () => over(async (table, held) => held?.by === me && table.delete(KEY));

// `work` asks `still` before each batch whether it may go on.
const leased = async (work) => {
  while (!(await take())) await new Promise((next) => setTimeout(next, LOOK));
  const timer = setInterval(() => renew().catch(() => {}), RENEW);
  try {
    return await work(renew);
  } finally {
    clearInterval(timer);
    await letGo().catch(() => {});
  }
};
