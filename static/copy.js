// « Copier » beside a field: [data-copy] names the field, [data-done] is said once it is copied.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    // Refused, or plain http: the text stays selected, ready for the keyboard.
    return;
  }
  button.querySelector("[role=status]").textContent = button.dataset.done;
});
