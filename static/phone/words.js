// The sentences and pieces of page that the server wrote in the reader's language (templates/pwa/_words.html).
const words = document.getElementById("phone-words")?.content;

const filled = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
export const word = (name, values = {}) =>
  filled(words?.querySelector(`[data-word="${name}"]`)?.textContent ?? "", values);
export const count = (name, n) => word(`${name}_${n > 1 ? "many" : "one"}`, { n });
// What is already on the server with other answers.
export const conflictOf = (kind) => word(kind === "outing" ? "conflict_outing" : "conflict");
export const piece = (name) => document.importNode(words.querySelector(`[data-piece="${name}"]`), true);
export const banner = (text) => {
  const made = piece("banner");
  made.querySelector("span").textContent = text;
  return made;
};
