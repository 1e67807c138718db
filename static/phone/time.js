// What time it is on the server, as well as a phone can know: its own clock, put right by the last answer.
import { known, remember } from "./store.js";

const PARIS = "Europe/Paris";
// A lower bound too: a phone whose clock was put back is never before the server's last answer.
let last = { offset: 0, at: 0 };

export const learn = async (moment) => {
  const at = Date.parse(moment);
  if (!Number.isFinite(at)) return;
  last = { offset: at - Date.now(), at };
  await remember("server-time", last).catch(() => {});
};
export const recall = async () => {
  last = (await known("server-time").catch(() => null)) ?? last;
};
export const serverNow = () => Math.max(Date.now() + last.offset, last.at);

const parts = (moment) =>
  Object.fromEntries(
    new Intl.DateTimeFormat("en-CA", {
      timeZone: PARIS, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", hourCycle: "h23",
    })
      .formatToParts(moment)
      .map(({ type, value }) => [type, value]),
  );
export const dayOf = (moment) => {
  const { year, month, day } = parts(moment);
  return `${year}-${month}-${day}`;
};
export const today = () => dayOf(serverNow());
export const halfDayOf = (moment) => {
  const hour = Number(parts(moment).hour);
  return hour < 12 ? "matin" : hour < 14 ? "midi" : hour < 18 ? "apres_midi" : "soir";
};
