/** The one dialog. A link that targets it still works as a plain page when scripts are off. */
const dialog = document.querySelector<HTMLDialogElement>("#dialog");

document.addEventListener("htmx:afterSwap", (event) => {
  const target = (event as CustomEvent<{ target: HTMLElement }>).detail.target;
  if (!dialog || target.id !== "dialog-body" || dialog.open) return;
  dialog.showModal();
  dialog.querySelector<HTMLElement>("[autofocus], textarea, input:not([type=hidden]), select")?.focus();
});

dialog?.addEventListener("click", (event) => {
  const target = event.target as HTMLElement;
  if (target.closest("[data-close]")) {
    event.preventDefault();
    dialog.close();
  }
});
dialog?.addEventListener("close", () => dialog.querySelector("#dialog-body")?.replaceChildren());
