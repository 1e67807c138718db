// The week's table by hand: a slot goes to another day or site by drag, or by the key M; arrows walk between slots.
// On the axis of a day a bar goes to another hour or site, and its edges stretch it.
// Nothing is saved here: the server's question « Déplacer ce créneau ? » opens, and a link leads to it without scripts.
(() => {
  "use strict";
  const SLOP = 6; // how far a mouse goes before a click becomes a drag, in pixels
  const HOLD = 350; // how long a finger rests before it drags instead of scrolling, in milliseconds
  const EDGE = 56; // so near the window's edge the page follows the hand
  const on = (type, act, options) => addEventListener(type, act, options);
  const slotAt = (target) => target.closest?.(".plan .slot");

  // The question, in a dialog. Anything unexpected: the page itself.
  const addressOf = (slot, fields = {}) => {
    const here = new URL(location.href);
    here.searchParams.set("creneau", slot.id.slice(2));
    const next = here.pathname + here.search + "#" + slot.id;
    return `/planning/creneaux/${slot.id.slice(2)}/deplacement?${new URLSearchParams({ ...fields, next })}`;
  };
  const read = async (address) => {
    const answer = await fetch(address, { headers: { "X-Requested-With": "dialog" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const body = !answer.redirected && (answer.ok || answer.status === 422) && page.querySelector("[data-confirm-body]");
    if (!body) throw new Error("no question there");
    return document.importNode(body, true);
  };
  const ask = async (address, backId) => {
    if (document.querySelector("dialog[open]")) return;
    try {
      const body = await read(address);
      const dialog = document.createElement("dialog");
      dialog.className = "dialog";
      dialog.setAttribute("aria-labelledby", "move-t");
      dialog.append(body);
      dialog.addEventListener("submit", (event) => again(dialog, event));
      // The table may have been made anew meanwhile: the slot is looked for again.
      dialog.addEventListener("close", () => (dialog.remove(), document.getElementById(backId)?.focus()));
      document.body.append(dialog);
      dialog.showModal();
    } catch {
      location.assign(address);
    }
  };
  const again = async (dialog, event) => {
    if (event.target.method !== "get") return;
    event.preventDefault();
    const address = `${event.target.action}?${new URLSearchParams(new FormData(event.target))}`;
    try {
      dialog.replaceChildren(await read(address));
      dialog.querySelector("[role=alert][tabindex], [aria-invalid=true], [autofocus]")?.focus();
    } catch {
      location.assign(address);
    }
  };
  on("click", (event) => {
    const link = event.target.closest?.("a[data-move-link]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    ask(link.href, (link.id ||= "move-link"));
  });

  // The keys. Tab still goes from link to link, and an arrow without a slot on its way scrolls as ever.
  const nearest = (slots, from) => {
    const distance = (slot) => Math.abs(slot.getBoundingClientRect().left - from);
    return slots.reduce((best, one) => (best && distance(best) <= distance(one) ? best : one), null);
  };
  const beside = (slot, step) => {
    let cell = slot.closest("td");
    do cell = step > 0 ? cell.nextElementSibling : cell.previousElementSibling;
    while (cell && !cell.querySelector(".slot"));
    return cell?.querySelector(".slot");
  };
  const beyond = (slot, step) => {
    const cell = slot.closest("td");
    const stack = [...cell.querySelectorAll(".slot")];
    const inside = stack[stack.indexOf(slot) + step];
    if (inside) return inside;
    const rows = [...slot.closest("table").querySelectorAll("tr")];
    for (let at = rows.indexOf(cell.parentElement) + step; rows[at]; at += step) {
      const found = nearest([...rows[at].querySelectorAll(".slot")], slot.getBoundingClientRect().left);
      if (!found) continue;
      const others = [...found.closest("td").querySelectorAll(".slot")];
      return step > 0 ? others[0] : others.at(-1);
    }
    return null;
  };
  const WALK = {
    ArrowRight: (slot) => beside(slot, 1),
    ArrowLeft: (slot) => beside(slot, -1),
    ArrowDown: (slot) => beyond(slot, 1),
    ArrowUp: (slot) => beyond(slot, -1),
  };
  on("keydown", (event) => {
    const slot = slotAt(event.target);
    if (!slot || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.key.toLowerCase() === "m" && slot.matches("[data-move]")) {
      event.preventDefault();
      ask(addressOf(slot), slot.id);
    }
    if (event.key === "Escape" && !document.querySelector("[data-close-sheet]")) slot.closest(".plan-box").focus();
    const next = WALK[event.key]?.(slot);
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  // The axis of a day: minutes for pixels, by quarters of an hour.
  const QUARTER = 15;
  const DAY = 24 * 60;
  const GRIP = 9; // how near a bar's edge the hand stretches it, in pixels; CSS draws the same
  const axisOf = (slot) => {
    const table = slot.closest(".plan-axis");
    if (!table) return null;
    const hours = [...table.querySelectorAll("thead th")].map((hour) => hour.getBoundingClientRect());
    const { from, to, day } = table.dataset;
    const { start, end } = slot.closest("td").dataset;
    return { day, start: +start, end: +end, perPixel: (to - from) / (hours.at(-1).right - hours[0].left) };
  };
  const edgeOf = (slot, x, touch) => {
    if (!slot.closest(".plan-axis")) return "";
    const { left, right, width } = slot.getBoundingClientRect();
    const grip = Math.min(touch ? 2 * GRIP : GRIP, width / 3);
    return x - left < grip ? "start" : right - x < grip ? "end" : "";
  };
  const within = (low, value, high) => Math.max(low, Math.min(value, high));
  const spanOf = ({ axis, edge, x, x0 }) => {
    const by = Math.round(((x - x0) * axis.perPixel) / QUARTER) * QUARTER;
    const { start, end } = axis;
    if (edge === "start") return { start: within(0, start + by, end - QUARTER), end };
    if (edge === "end") return { start, end: within(start + QUARTER, end + by, start + DAY - QUARTER) };
    const begin = within(0, start + by, DAY - QUARTER);
    return { start: begin, end: begin + end - start };
  };
  const two = (number) => String(number).padStart(2, "0");
  const typed = (minute) => `${two(Math.floor(minute / 60) % 24)}:${two(minute % 60)}`;
  const said = (minute) => `${Math.floor(minute / 60) % 24}\u00a0h${minute % 60 ? `\u00a0${two(minute % 60)}` : ""}`;
  const stretch = () => {
    const { axis, edge, ghost, slot, box } = held;
    const span = spanOf(held);
    const left = box.left + (span.start - axis.start) / axis.perPixel;
    const row = document.elementFromPoint(held.x, held.y)?.closest(".plan-axis tr[data-site]");
    ghost.style.inlineSize = `${box.width + (span.end - span.start - axis.end + axis.start) / axis.perPixel}px`;
    ghost.style.transform = `translate(${left}px, ${edge ? slot.getBoundingClientRect().top : held.y - held.dy}px)`;
    ghost.querySelector("b").textContent = `${said(span.start)}\u00a0\u2013 ${said(span.end)}`;
    mark(edge ? slot.closest("tr") : row);
  };
  const axisFields = ({ axis, cell, slot, ...rest }) => {
    const { start, end } = spanOf({ axis, ...rest });
    const same = start === axis.start && end === axis.end && cell.dataset.site === slot.closest("tr").dataset.site;
    return same ? null : { day: axis.day, start: typed(start), end: typed(end), site_id: cell.dataset.site };
  };

  // The drag. `held` is what the hand holds: a slot, and its ghost once it moves.
  let held = null;
  const begin = () => {
    const { slot } = held;
    const box = slot.getBoundingClientRect();
    const ghost = slot.cloneNode(true);
    ghost.removeAttribute("id");
    ghost.setAttribute("aria-hidden", "true");
    ghost.classList.add("slot-ghost");
    ghost.style.inlineSize = `${box.width}px`;
    document.body.append(ghost);
    slot.classList.add("slot-held");
    document.documentElement.classList.add("is-dragging");
    Object.assign(held, { ghost, box, axis: axisOf(slot), dx: held.x - box.left, dy: held.y - box.top });
    follow();
  };
  const mark = (cell) => {
    if (held.cell === cell) return;
    held.cell?.removeAttribute("data-drop");
    held.cell = cell;
    cell?.setAttribute("data-drop", "");
  };
  const follow = () => {
    const { ghost, x, y, dx, dy, slot } = held;
    if (held.axis) stretch();
    else {
      ghost.style.transform = `translate(${x - dx}px, ${y - dy}px)`;
      const cell = document.elementFromPoint(x, y)?.closest(".plan td[data-day]");
      mark(cell && cell !== slot.closest("td") ? cell : null);
    }
    if (y < EDGE) scrollBy(0, -16);
    else if (y > innerHeight - EDGE) scrollBy(0, 16);
  };
  const letGo = () => {
    if (!held) return;
    clearTimeout(held.timer);
    held.ghost?.remove();
    held.slot.classList.remove("slot-held");
    held.cell?.removeAttribute("data-drop");
    document.documentElement.classList.remove("is-dragging");
    held = null;
  };
  // The click that ends a drag opens nothing.
  const swallow = (event) => (event.preventDefault(), event.stopImmediatePropagation());
  const noClick = () => {
    on("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }), 50);
  };
  let escaped = false;
  on("pointerdown", (event) => {
    escaped = false;
    const slot = slotAt(event.target);
    if (held) letGo();
    if (!slot?.matches("[data-move]") || event.button || !event.isPrimary || event.ctrlKey || event.metaKey) return;
    held = { slot, pointer: event.pointerId, touch: event.pointerType === "touch", x: event.clientX, y: event.clientY };
    Object.assign(held, { x0: held.x, edge: edgeOf(slot, held.x, held.touch) });
    if (held.touch) held.timer = setTimeout(() => held && begin(), HOLD);
  });
  on("pointermove", (event) => {
    if (held?.pointer !== event.pointerId) return;
    const far = Math.hypot(event.clientX - held.x, event.clientY - held.y) > SLOP;
    if (!held.ghost && !far) return;
    if (!held.ghost && held.touch) return letGo();
    if (!held.ghost) begin();
    Object.assign(held, { x: event.clientX, y: event.clientY });
    follow();
  });
  on("pointerup", (event) => {
    if (escaped) noClick();
    escaped = false;
    if (held?.pointer !== event.pointerId) return;
    const { slot, ghost, cell, axis } = held;
    const weekFields = () => ({ day: cell.dataset.day, site_id: cell.parentElement.id.slice(2) });
    const fields = ghost && cell && (axis ? axisFields(held) : weekFields());
    letGo();
    if (!ghost) return;
    noClick();
    if (fields) ask(addressOf(slot, fields), slot.id);
  });
  on("pointercancel", letGo);
  on("blur", letGo);
  // Before the side sheet hears it: Escape lets the slot go, and closes nothing.
  on(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !held?.ghost) return;
      swallow(event);
      escaped = true;
      letGo();
    },
    { capture: true },
  );
  on("dragstart", (event) => slotAt(event.target) && event.preventDefault());
  on("contextmenu", (event) => held?.touch && event.preventDefault());
  on("touchmove", (event) => held?.ghost && event.cancelable && event.preventDefault(), { passive: false });

  // A table that is made anew under the hand would take the slot away: what others changed waits until it lets go.
  for (const type of ["htmx:beforeRequest", "htmx:beforeSwap"])
    on(type, (event) => held?.ghost && event.detail.requestConfig?.elt?.id === "vif" && event.preventDefault());
})();
