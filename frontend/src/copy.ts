/** A button that copies the value of a field: `<button data-copy="id of the field" data-copied="what it says then" hidden>`. */
function offer(button: HTMLButtonElement): void {
  const field = document.getElementById(button.dataset.copy ?? "");
  if (!(field instanceof HTMLInputElement)) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy"); // without HTTPS a browser has no clipboard; what is selected can still be copied
    }
    (button.querySelector("span") ?? button).textContent = button.dataset.copied ?? "";
  });
}

document.querySelectorAll<HTMLButtonElement>("button[data-copy]").forEach(offer);
