// « Afficher » beside a password: gloves, sun and small keys make blind typing hard. Without scripts there is no button.
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-reveal]");
  if (!button) return;
  const shown = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", shown);
  document.getElementById(button.dataset.reveal).type = shown ? "text" : "password";
});
// Sent as a password, so that no browser keeps it among the words typed before.
document.addEventListener("submit", ({ target }) => {
  for (const button of target.querySelectorAll('[data-reveal][aria-pressed="true"]')) button.click();
});
