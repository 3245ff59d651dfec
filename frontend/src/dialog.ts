/**
 * The one dialog. A link that targets it still works as a plain page when scripts are off. The browser keeps the focus
 * inside while it is open, closes it on Escape, and gives the focus back to where it was.
 */
const dialog = document.querySelector<HTMLDialogElement>("#dialog");
const FIRST = "[autofocus], textarea, input:not([type=hidden]), select";
const WRONG = "[aria-invalid=true]";

document.addEventListener("htmx:afterSwap", (event) => {
  const target = (event as CustomEvent<{ target: HTMLElement }>).detail.target;
  if (!dialog || target.id !== "dialog-body") return;
  if (dialog.open) return dialog.scrollTo(0, 0); // another step in its place
  callByHeading(dialog);
  dialog.showModal();
  // where there is something to look at first, the focus does not scroll it out of sight
  dialog.querySelector<HTMLElement>(FIRST)?.focus({ preventScroll: dialog.querySelector(".beside") !== null });
});

// A refused form takes the place of the one that was sent: on to what is wrong in it.
document.addEventListener("htmx:afterSettle", (event) => {
  if (!dialog?.open || !dialog.contains(event.target as Node)) return;
  callByHeading(dialog);
  if (!dialog.contains(document.activeElement) || dialog.querySelector(WRONG)) {
    (dialog.querySelector<HTMLElement>(WRONG) ?? dialog.querySelector<HTMLElement>(FIRST) ?? dialog).focus();
  }
});

/** It is called by its own heading. */
function callByHeading(box: HTMLDialogElement): void {
  const heading = box.querySelector<HTMLElement>("h2");
  if (!heading) return;
  heading.id ||= "dialog-title";
  box.setAttribute("aria-labelledby", heading.id);
}

dialog?.addEventListener("click", (event) => {
  const target = event.target as HTMLElement;
  if (target.closest("[data-close]")) {
    event.preventDefault();
    dialog.close();
  }
});
dialog?.addEventListener("close", () => {
  dialog.removeAttribute("aria-labelledby");
  dialog.querySelector("#dialog-body")?.replaceChildren();
});
