// Small enhancements. Every page works without them: a form posts, a link opens a page that asks.
(() => {
  "use strict";
  const listen = (type, act) => document.addEventListener(type, act);
  const on = (type, selector, act) =>
    listen(type, (event) => {
      const found = event.target.closest?.(selector);
      if (found) act(found, event);
    });
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Messages and menus close.
  on("click", "[data-dismiss]", (button) => button.closest(".toast").remove());
  listen("click", ({ target }) => all(".menu[open]").forEach((menu) => (menu.open = menu.contains(target))));
  on("keydown", ".menu[open]", (menu, event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // The theme shows at once; its form keeps it.
  on("change", "[data-theme-choice] input", ({ value }) => {
    if (value) document.documentElement.dataset.theme = value;
    else delete document.documentElement.dataset.theme;
  });

  // Counters: − and + change the number, [data-total] of the form says the sum.
  const countOf = (input, step = 0) => Math.max(0, Math.min(input.max || 200, (parseInt(input.value, 10) || 0) + step));
  const showCount = (counter) => {
    const count = countOf(counter.querySelector("input"));
    const less = counter.querySelector('[data-step="-1"]');
    counter.toggleAttribute("data-some", count > 0);
    if (less === document.activeElement && !count) less.nextElementSibling.focus();
    less.disabled = !count;
    return count;
  };
  const showTotal = (form) => {
    const total = form.querySelector("[data-total]");
    if (!total) return;
    const sum = all(".counter", form).reduce((before, counter) => before + showCount(counter), 0);
    const { zero, one, many } = total.dataset;
    total.textContent = (sum > 1 ? many : sum ? one : zero).replace("{n}", sum);
  };
  on("click", ".counter [data-step]", (button) => {
    const input = button.parentElement.querySelector("input");
    input.value = countOf(input, Number(button.dataset.step));
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  on("input", ".counter input", (input) => {
    showCount(input.parentElement);
    showTotal(input.form);
  });

  // At most n boxes of a fieldset[data-max].
  const limit = (group) => {
    const boxes = all('input[type="checkbox"]', group);
    const chosen = boxes.filter((box) => box.checked).length;
    for (const box of boxes) box.disabled = !box.checked && chosen >= Number(group.dataset.max);
    const text = group.querySelector("[data-max-text]");
    if (text) text.textContent = text.dataset.maxText.replace("{n}", chosen).replace("{max}", group.dataset.max);
  };
  on("change", "[data-max] input", (box) => limit(box.closest("[data-max]")));

  // Length of a comment.
  const showLength = (area) => {
    const text = document.querySelector(`[data-count-of="${area.id}"]`);
    if (text) text.textContent = text.dataset.text.replace("{n}", area.value.length).replace("{max}", area.maxLength);
  };
  on("input", "textarea[data-count]", showLength);

  // Filters apply as soon as one changes; without scripts their button shows.
  on("change", "form[data-autosubmit] :is(select, input:not([type=search], [type=date]))", ({ form }) => form.requestSubmit());

  // A form that writes leaves once.
  listen("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-disabled", "true");
  });
  const release = (form) => {
    delete form.dataset.sent;
    for (const button of all("[aria-disabled][type=submit]", form)) button.removeAttribute("aria-disabled");
  };
  addEventListener("pageshow", () => all("form[data-sent]").forEach(release));
  listen("htmx:afterRequest", ({ target }) => target.matches?.("form") && release(target));

  // A link to a page that asks opens it here; anything unexpected follows the link.
  on("click", "a[data-confirm]", async (link, event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    try {
      const answer = await fetch(link.href, { headers: { "X-Requested-With": "dialog" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const body = answer.ok && !answer.redirected && page.querySelector("[data-confirm-body]");
      if (!body) throw new Error("no question there");
      const dialog = document.createElement("dialog");
      dialog.className = "dialog";
      dialog.append(document.importNode(body, true));
      const title = dialog.querySelector("h1, h2");
      if (title) dialog.setAttribute("aria-labelledby", (title.id ||= "question"));
      dialog.addEventListener("close", () => (dialog.remove(), link.focus()));
      document.body.append(dialog);
      start(dialog);
      dialog.showModal();
    } catch {
      location.assign(link.href);
    }
  });
  on("click", "dialog [data-close]", (button, event) => {
    event.preventDefault();
    button.closest("dialog").close();
  });

  // What a fresh page, dialog or fragment needs.
  const start = (root) => {
    all("[data-max]", root).forEach(limit);
    all("textarea[data-count]", root).forEach(showLength);
    all(".counter", root).forEach(showCount);
    all("form", root).forEach(showTotal);
    for (const day of all(".daystrip [aria-current]", root)) {
      const strip = day.parentElement;
      strip.scrollLeft = day.offsetLeft - (strip.clientWidth - day.offsetWidth) / 2;
    }
    const told = root.querySelector?.("[role=alert][tabindex], [aria-invalid=true]");
    told?.focus({ preventScroll: true });
    told?.scrollIntoView();
  };
  start(document);
  listen("htmx:afterSwap", ({ target }) => start(target));
})();
