// The week's side sheet takes the focus when it opens; × and Escape give it back to the slot.
(() => {
  "use strict";
  const focusOn = (id) => document.getElementById(id)?.focus();
  // A sheet that is stuck beside the board is in sight wherever the board is: the board stays at the chosen slot.
  const stay = () => {
    if (getComputedStyle(document.getElementById("fiche")).position !== "sticky") return;
    const slot = document.querySelector(".plan .slot[aria-current]");
    if (!slot) return;
    const { top, bottom } = slot.getBoundingClientRect();
    const block = top < 0 || bottom > innerHeight ? "center" : "nearest";
    slot.scrollIntoView({ block, inline: "nearest", behavior: "instant" });
  };
  const arrive = () => {
    if (location.hash === "#fiche" && document.querySelector("[data-close-sheet]")) {
      focusOn("fiche-t");
      stay();
    } else if (location.hash.startsWith("#s-")) focusOn(location.hash.slice(1));
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

// What others change in the open sheet is shown at once while no hand is in it; else a word says so, and a button shows it.
(() => {
  "use strict";
  const sheet = () => document.getElementById("fiche");
  const told = (part) => part.textContent.replace(/\s+/g, " ");
  let waiting = null;
  const show = () => {
    if (waiting && sheet()) Idiomorph.morph(sheet(), waiting.innerHTML, { morphStyle: "innerHTML" });
    waiting = null;
    document.getElementById("news")?.remove();
  };
  const inHand = () => {
    const typed = [...sheet().querySelectorAll("textarea, input:not([type=hidden])")].some((one) => one.value);
    const within = document.activeElement.id !== "fiche-t" && sheet().contains(document.activeElement);
    return typed || within || sheet().matches(":hover, :has(details[open])");
  };
  const announce = () => {
    document.getElementById("news")?.remove();
    const news = document.getElementById("fiche-news").content.firstElementChild.cloneNode(true);
    news.id = "news";
    document.getElementById("flashes").append(news);
  };
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.requestConfig?.elt?.id !== "vif" || detail.xhr.status !== 200 || !sheet()) return;
    const fresh = new DOMParser().parseFromString(detail.xhr.responseText, "text/html").getElementById("fiche");
    if (!fresh || told(fresh) === told(sheet())) return;
    waiting = fresh;
    if (inHand()) announce();
    else show();
  });
  document.addEventListener("click", ({ target }) => {
    if (!target.closest("[data-show-news]")) return;
    show();
    document.getElementById("fiche-t")?.focus();
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
