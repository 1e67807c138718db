// Whose phone this is now: the account named by the page, and what must leave the phone when it changes.
const meta = document.querySelector('meta[name="civic-phone"]');
export const account = meta?.content || null;
// A page from the phone's own store says when it was kept (static/phone/sw.js writes it); a fresh one carries the time.
export const keptAt = Number(document.documentElement.dataset.keptAt) || null;
// When the server drew this page, by its own clock, wherever the page comes from.
export const madeAt = Date.parse(meta?.dataset.now);
export const pageTime = keptAt ? null : (meta?.dataset.now ?? null);

// Personal pages leave; the queue stays, since only its owner can send it.
export const forgetPages = async () => {
  if (!("caches" in globalThis)) return;
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("pages|")).map((name) => caches.delete(name)));
};
