// The rules of what opens with no network. RELEASE and ASSETS stand above (civic/pwa/views.py), so a new release is a
// new file. A page is kept for one person, with the release that its files belong to; nothing else is ever kept.
const FORMS = ["/rencontres/nouvelle", "/sorties/nouvelle", "/ici", "/signalements/nouveau"];
const KEPT = ["/", "/mes-creneaux", "/envois", ...FORMS];
const PATIENCE = 4_000;
const FRESH = 15 * 60_000;
const SHELL = `shell|${RELEASE}`;
const pagesOf = (account, release = RELEASE) => `pages|${account}|${release}`;
const ownerOf = (name) => name.split("|")[1];

addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(ASSETS.map((path) => new Request(path, { cache: "reload" })))));
});
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("message", (event) => {
  const { type, account } = event.data ?? {};
  if (type === "take") event.waitUntil(takeOver());
  if (type === "warm" && account) event.waitUntil(warm(account));
});

// Never under a form in use: any window that shows one keeps the release that it began with.
const takeOver = async () => {
  const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
  if (windows.every(({ url }) => !FORMS.some((path) => new URL(url).pathname.startsWith(path)))) await skipWaiting();
};

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.method === "POST" && pathname === "/deconnexion") return event.waitUntil(forgetPages());
  if (request.method !== "GET") return;
  if (pathname.startsWith("/static/") || pathname.startsWith("/phone/")) event.respondWith(asset(request));
  else if (request.mode === "navigate") event.respondWith(page(event));
});

// Addresses carry their content: what is kept under one is what it names, of whichever release.
const asset = async (request) => (await caches.match(request.url)) ?? fetch(request);

const page = async (event) => {
  const { pathname } = new URL(event.request.url);
  const asked = fetch(event.request).then(async (response) => {
    await learn(pathname, new URL(event.request.url).search, response);
    return response;
  });
  event.waitUntil(asked.catch(() => {}));
  const kept = await keptPage(pathname);
  if (!kept) return asked.catch(() => fallback());
  const late = new Promise((answer) => setTimeout(answer, PATIENCE, kept));
  const fresh = asked.then((response) => (response.status >= 502 && response.status <= 504 ? kept : response));
  return Promise.race([fresh.catch(() => kept), late]);
};
const fallback = async () => (await caches.match("/hors-ligne")) ?? Response.error();

// Every page says whose it is: another person's, or nobody's, ends what was kept.
const learn = async (pathname, search, response) => {
  const account = response.headers.get("Civic-Account");
  if (!account) return;
  for (const name of await caches.keys())
    if (name.startsWith("pages|") && ownerOf(name) !== account) await caches.delete(name);
  if (account !== "-" && !search) await keep(pathname, response.clone(), account);
};

const keep = async (pathname, response, account) => {
  if (!KEPT.includes(pathname) || response.status !== 200 || response.redirected) return false;
  if (response.headers.get("Civic-Release") !== RELEASE) {
    registration.update().catch(() => {});
    return false;
  }
  const headers = new Headers(response.headers);
  headers.delete("Content-Encoding");
  headers.delete("Content-Length");
  headers.set("Civic-Kept", String(Date.now()));
  const copy = new Response(await response.blob(), { headers });
  await (await caches.open(pagesOf(account))).put(pathname, copy);
  return true;
};

// There is one person's set at most, in this release or the one before; the page then says how old it is.
const keptPage = async (pathname) => {
  const path = pathname.startsWith("/ici/") ? "/ici" : pathname;
  const names = (await caches.keys()).filter((name) => name.startsWith("pages|"));
  names.sort((a, b) => b.endsWith(RELEASE) - a.endsWith(RELEASE));
  for (const name of names) {
    const found = await (await caches.open(name)).match(path);
    if (!found) continue;
    const text = (await found.text()).replace("<html", `<html data-kept-at="${found.headers.get("Civic-Kept")}"`);
    return new Response(text, { headers: found.headers });
  }
  return null;
};

const forgetPages = async () => {
  for (const name of await caches.keys()) if (name.startsWith("pages|")) await caches.delete(name);
};

// All the pages of the field, after one visit to any; then the release before this one may go.
const warm = async (account) => {
  const cache = await caches.open(pagesOf(account));
  for (const path of KEPT) {
    const kept = await cache.match(path);
    if (kept && Date.now() - Number(kept.headers.get("Civic-Kept")) < FRESH) continue;
    const response = await fetch(path, { headers: { "Civic-Keeping": "1" }, cache: "no-store" }).catch(() => null);
    if (!response) return;
    if (response.headers.get("Civic-Account") !== account) return caches.delete(pagesOf(account));
    await keep(path, response, account);
  }
  if ((await cache.keys()).length === KEPT.length) await dropOlder(account);
};
// Only by the release in charge, and never while the next one gathers its own: that one's files are not older.
const dropOlder = async (account) => {
  const names = (await caches.keys()).filter((name) => name.startsWith("shell|") || name.startsWith("pages|"));
  const inCharge = (self.serviceWorker?.state ?? "activated") === "activated";
  if (!inCharge || registration.installing || registration.waiting) return;
  for (const name of names) if (name !== SHELL && name !== pagesOf(account)) await caches.delete(name);
};
