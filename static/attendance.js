// « Imprimer l’affiche »; without scripts the browser's own menu prints the same page.
document.addEventListener("click", ({ target }) => {
  if (target.closest?.("[data-print]")) print();
});
