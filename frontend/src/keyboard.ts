/** j/k through the rows of a list, Enter opens, / searches, ? shows the keys. Never while somebody is typing. */
const ROWS = "[data-rows] [data-row]";

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function move(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>(ROWS)];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("is-current"));
  const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))];
  for (const row of rows) row.classList.toggle("is-current", row === next);
  next?.querySelector<HTMLElement>("a")?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]") && event.key !== "?") return;
  switch (event.key) {
    case "j":
      return move(1);
    case "k":
      return move(-1);
    case "x":
      document.querySelector<HTMLInputElement>(`${ROWS}.is-current input[type=checkbox]`)?.click();
      return;
    case "/": {
      event.preventDefault();
      const search = document.querySelector<HTMLInputElement>("[data-list-search]") ?? document.querySelector<HTMLInputElement>("#search");
      search?.focus();
      search?.select();
      return;
    }
    case "?":
      document.querySelector<HTMLDialogElement>("#keys")?.showModal();
  }
});
document.querySelector("#keys")?.addEventListener("click", (event) => {
  if ((event.target as HTMLElement).closest("[data-close]")) document.querySelector<HTMLDialogElement>("#keys")?.close();
});
