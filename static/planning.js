// The week's side sheet takes the focus when it opens; × and Escape give it back to the slot.
(() => {
  "use strict";
  const focusOn = (id) => document.getElementById(id)?.focus();
  const arrive = () => {
    if (location.hash === "#fiche" && document.querySelector("[data-close-sheet]")) focusOn("fiche-t");
    else if (location.hash.startsWith("#s-")) focusOn(location.hash.slice(1));
  };
  arrive();
  // The browser goes to what the address names on its own, and gives the focus to the sheet since it scrolls.
  addEventListener("load", () => document.activeElement.matches("body, #fiche") && arrive());
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.requestConfig?.elt?.matches?.(".slot")) focusOn("fiche-t");
  });
  // The button that was pressed is gone from the answer: the focus goes to what its form names as the next place.
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const next = detail.requestConfig?.elt?.elements?.next?.value;
    const place = next?.includes("#") && document.getElementById(next.split("#").pop());
    if (place && document.activeElement === document.body) (place.querySelector("a[href], button") ?? place).focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], .menu[open]")) return;
    document.querySelector("[data-close-sheet]")?.click();
  });
})();

// The form of a shift: the sites follow the mission. Without this the server says which sites fit.
(() => {
  "use strict";
  for (const select of document.querySelectorAll("[data-narrowed-by]")) {
    const mission = document.getElementById(select.dataset.narrowedBy);
    const narrow = () => {
      for (const option of select.querySelectorAll("option[data-in]")) {
        const fits = !mission.value || option.dataset.in.split(" ").includes(mission.value);
        option.hidden = option.disabled = !fits;
        if (!fits && option.selected) select.value = "";
      }
      for (const group of select.querySelectorAll("optgroup")) group.hidden = !group.querySelector("option:not([hidden])");
    };
    mission.addEventListener("change", narrow);
    narrow();
  }
})();
