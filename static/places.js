// Long lists of places: a field that narrows them, and all of a group at once. Without it, the list is simply long.
for (const box of document.querySelectorAll("[data-narrow]")) {
  const field = box.querySelector("[data-narrow-by]");
  const count = box.querySelector("[data-narrow-count]");
  const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replace(/[’'-]/g, " ");
  const told = () => {
    const shown = box.querySelectorAll(".chip:not([hidden])").length;
    const chosen = box.querySelectorAll(".chip input:checked").length;
    count.textContent = count.dataset.text.replace("{n}", shown).replace("{c}", chosen);
  };
  const narrow = () => {
    const words = plain(field.value).split(" ").filter(Boolean);
    for (const group of box.querySelectorAll("[data-narrow-group]")) {
      for (const chip of group.querySelectorAll(".chip")) {
        // What is chosen stays in sight.
        const fits = words.every((word) => plain(chip.dataset.words).includes(word));
        chip.hidden = !fits && !chip.querySelector("input").checked;
      }
      group.hidden = !group.querySelector(".chip:not([hidden])");
    }
    told();
  };
  field.addEventListener("input", narrow);
  // Enter looks, it does not send the form.
  field.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  box.addEventListener("change", told);
  box.addEventListener("click", (event) => {
    const button = event.target.closest("[data-check-all], [data-check-none]");
    if (!button) return;
    for (const chip of button.closest("[data-narrow-group]").querySelectorAll(".chip:not([hidden]) input"))
      chip.checked = button.hasAttribute("data-check-all");
    narrow();
  });
  told();
}
