// While a comment is written, what in it may point to somebody is said beside it. It never stops anybody from saving.
import { find, load } from "./detector.js";
import { piece, word } from "./words.js";

const PAUSE = 600;

export const startHints = () => {
  for (const place of document.querySelectorAll("[data-hints]")) watch(place, document.getElementById(place.dataset.hintsOf));
};

const watch = (place, area) => {
  let timer = 0;
  const look = async () => {
    clearTimeout(timer);
    try {
      await load(place.dataset.hints);
    } catch {
      return; // No table, no network: the server looks again in any case.
    }
    say(place, told(area.value));
  };
  // At a pause, so that a screen reader is not cut at every letter; at once when the field is left.
  area.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });
  area.addEventListener("change", look);
  area.form.addEventListener("reset", () => setTimeout(look));
  area.setAttribute("aria-describedby", [area.getAttribute("aria-describedby"), place.id].filter(Boolean).join(" "));
  if (area.value) look();
};

// One mention for each kind, in the words of the server, with the first thing that was taken for it.
const told = (text) => {
  const first = new Map();
  for (const hit of find(text)) if (!first.has(hit.kind)) first.set(hit.kind, hit.text.trim());
  const said = [...first].map(([kind, found]) => word("hint_found", { what: word(`hint_${kind}`), found }));
  return said.length ? word("hint", { what: said.join(", ") }) : "";
};

const say = (place, text) => {
  if (place.textContent.trim() === text) return;
  const made = text ? piece("hint") : "";
  if (made) made.querySelector("span").textContent = text;
  place.replaceChildren(made);
};
