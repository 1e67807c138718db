// What a page of a volunteer does on the phone, from its start: the forms, the queue, the pill, the service worker.
import { account, forgetPages, pageTime } from "./account.js";
import { startForm } from "./form.js";
import { startHints } from "./hints.js";
import { showList, startList } from "./list.js";
import { startLeaving } from "./leaving.js";
import { endHold, everybody, unsent } from "./queue.js";
import { showOutings } from "./outings.js";
import { kick } from "./sender.js";
import { refresh } from "./shifts.js";
import { showStatus } from "./status.js";
import { known } from "./store.js";
import { learn, recall } from "./time.js";
import { banner, count } from "./words.js";

const CHECK = 60_000;
const forms = document.querySelectorAll("[data-phone-form]");

const storeWorks = async () => {
  try {
    await known("server-time");
    return true;
  } catch (error) {
    console.warn("this phone keeps nothing:", error?.name);
    return false;
  }
};

const show = () => {
  showStatus();
  showList().catch(() => {});
  showOutings().catch(() => {});
};

const startSigned = async () => {
  startHints();
  const works = await storeWorks();
  if (works) await (pageTime ? learn(pageTime) : recall());
  for (const form of forms) await startForm(form, works);
  if (!works) return;
  startLeaving();
  startList();
  document.addEventListener("phone:change", show);
  addEventListener("online", () => (show(), kick(true)));
  addEventListener("offline", show);
  document.addEventListener("visibilitychange", async () => {
    if (document.visibilityState === "hidden") await endHold(account).catch(() => {});
    kick();
  });
  setInterval(() => (showOutings().catch(() => {}), kick()), CHECK);
  show();
  // Another page was opened: nobody thinks again about what the last one kept.
  await endHold(account).catch(() => {});
  kick();
  await learnMore();
};

const learnMore = async () => {
  try {
    if (await refresh()) await forgetPages();
    await showOutings();
  } catch {
    // No network: what is known already serves.
  }
};

// Nobody is signed in: only how much of somebody's waits here is said.
const startUnsigned = async () => {
  const waiting = unsent(await everybody().catch(() => []));
  const form = document.querySelector('form[action="/connexion"]');
  if (!waiting.length || !form) return;
  const made = banner(count("others", waiting.length));
  made.dataset.tone = "info";
  made.setAttribute("role", "status");
  form.before(made);
};

// The release that takes over fills its own pages; it has other windows to ask first, and may be told to wait.
const handedOver = () =>
  new Promise((done) => {
    navigator.serviceWorker.addEventListener("controllerchange", done, { once: true });
    setTimeout(done, 3_000);
  });

// The release in charge gathers the pages of the field, each release once.
let told = null;
const warm = async () => {
  const { active } = await navigator.serviceWorker.ready;
  if (!account || active === told) return;
  told = active;
  active.postMessage({ type: "warm", account });
};

const startWorker = async () => {
  if (!("serviceWorker" in navigator)) return;
  const registration = await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
  // A new release waits for a moment when no form is in use; this page is one unless it holds a form.
  const take = () => {
    const next = forms.length ? null : registration.waiting;
    next?.postMessage({ type: "take" });
    return Boolean(next);
  };
  registration.addEventListener("updatefound", () =>
    registration.installing?.addEventListener("statechange", ({ target }) => target.state === "installed" && take()),
  );
  // One that was still on its way when this page began takes over later.
  if (navigator.serviceWorker.controller) navigator.serviceWorker.addEventListener("controllerchange", () => warm().catch(() => {}));
  if (take()) await handedOver();
  await warm();
};

if (account) startSigned();
else startUnsigned();
startWorker().catch((error) => console.warn("no service worker:", error?.name));
