// One's own shifts, as the server last told them: they fill in the forms that open with no network.
import { account } from "./account.js";
import { mine } from "./queue.js";
import { known, remember } from "./store.js";
import { dayOf, halfDayOf, learn, serverNow, today } from "./time.js";

const FRESH = 10 * 60_000;
const WINDOW = 7 * 86_400_000;
const MIDDLE = { matin: 10, midi: 13, apres_midi: 16, soir: 20 };
const key = `shifts/${account}`;

export const shifts = async () => (await known(key).catch(() => null))?.shifts ?? [];

// Ask the server again when what is known is old, or an account has left since; true when it says that somebody else is signed in, or nobody.
export const refresh = async () => {
  const before = await known(key);
  const told = (await mine(account)).some((one) => one.kind === "outing" && one.sentAt > before?.at);
  if (before && !told && Math.abs(Date.now() - before.at) < FRESH) return false;
  const response = await fetch("/telephone", { cache: "no-store", headers: { Accept: "application/json" } });
  if (!response.ok) return false;
  const state = await response.json();
  await learn(state.now);
  if (state.account !== account) return true;
  await remember(key, { at: Date.now(), shifts: state.shifts });
  return false;
};

// Where and when somebody most likely is: the shift in hand or the next of the day, else its latest, else nothing.
export const likely = (list) => {
  const now = serverNow();
  const ofToday = list.filter((one) => one.days.includes(today()));
  const shift = ofToday.find((one) => Date.parse(one.ends_at) >= now) ?? ofToday[ofToday.length - 1];
  return shift ? placeOf(shift) : { date: today(), half_day: halfDayOf(now) };
};
export const placeOf = (shift) => {
  const now = serverNow();
  const start = Date.parse(shift.starts_at);
  const moment = start <= now && now <= Date.parse(shift.ends_at) ? now : start;
  return { site_id: shift.site_id, date: dayOf(moment), half_day: halfDayOf(moment) };
};

// Those that have ended and may still be summed up, latest first.
export const ended = (list) => {
  const now = serverNow();
  const oldest = dayOf(now - WINDOW);
  const over = list.filter((one) => !one.missed && Date.parse(one.ends_at) <= now && one.days.some((day) => day >= oldest));
  return over.sort((a, b) => Date.parse(b.ends_at) - Date.parse(a.ends_at));
};

// One's own shift at that site and day; of two, the one nearer to the half-day. The server judges it again.
export const shiftAt = (list, { site_id, date, half_day }) => {
  const there = list.filter((one) => one.site_id === site_id && one.days.includes(date));
  const middle = Date.parse(`${date}T${MIDDLE[half_day] ?? 12}:00:00${there[0]?.starts_at.slice(-6) ?? "Z"}`);
  const far = (one) => Math.max(Date.parse(one.starts_at) - middle, middle - Date.parse(one.ends_at), 0);
  return there.sort((a, b) => far(a) - far(b))[0]?.id ?? null;
};

// The shift that an arrival is for: of today's, one that is near enough to its start, else the nearest in time.
export const arrivalShift = (list) => {
  const now = serverNow();
  const far = (one) => Math.abs(Date.parse(one.starts_at) - now);
  const running = list.filter((one) => one.days.includes(today()) && Date.parse(one.ends_at) > now);
  return running.sort((a, b) => far(a) - far(b))[0] ?? null;
};
