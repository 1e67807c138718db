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
