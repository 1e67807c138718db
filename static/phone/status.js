// The pill at the top of each page: offline, waiting, sending, to correct; and how old a page from the phone is.
import { account, keptAt } from "./account.js";
import { everybody, unsent } from "./queue.js";
import { last } from "./sender.js";
import { count, word } from "./words.js";

const bar = document.querySelector("[data-phone-bar]");
const HOUR = 3_600_000;

export const counts = async () => {
  const records = unsent(await everybody());
  const own = records.filter((one) => one.account === account);
  const of = (state) => own.filter((one) => one.state === state).length;
  return {
    own: own.length, waiting: of("waiting"), sending: of("sending"), needs: of("needs"),
    others: records.length - own.length,
  };
};

export const pillText = ({ waiting, sending, needs }, online, ended) => {
  const said = online ? [] : [word("offline")];
  if (needs) said.push(count("needs", needs));
  if (sending) said.push(count("sending", sending));
  if (waiting) said.push(count("waiting", waiting));
  if (ended === "signin" && waiting + sending) said.push(word("signin"));
  return said.join(" · ");
};

export const showStatus = async () => {
  if (!bar) return;
  const now = await counts().catch(() => null);
  const pill = bar.querySelector("[data-phone-sync]");
  const text = now ? pillText(now, Boolean(keptAt) || navigator.onLine !== false, last.ended) : "";
  const label = pill.querySelector("span");
  if (label.textContent !== text) label.textContent = text;
  pill.hidden = !text;
  pill.dataset.tone = now?.needs || last.ended === "signin" ? "bad" : "info";
  bar.hidden = pill.hidden && !keptAt;
  showAge();
};

const showAge = () => {
  const age = bar.querySelector("[data-phone-age]");
  age.hidden = !keptAt;
  if (!keptAt) return;
  const hours = Math.floor(Math.max(0, Date.now() - keptAt) / HOUR);
  const name = hours < 1 ? "offline_fresh" : hours < 48 ? "offline_hours" : "offline_days";
  const text = word(name, { n: hours < 48 ? hours : Math.floor(hours / 24) });
  const said = age.querySelector("span");
  if (said.textContent !== text) said.textContent = text;
};
