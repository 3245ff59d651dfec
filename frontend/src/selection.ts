/** Rows chosen for a bulk step: the bar shows how many, and only while some are chosen. */
import { whenShown } from "./shown";

whenShown("form[data-bulk]", (form) => {
  const bar = form.querySelector<HTMLElement>("[data-bulk-bar]");
  const count = form.querySelector<HTMLElement>("[data-bulk-count]");
  const all = form.querySelector<HTMLInputElement>("[data-bulk-all]");
  const boxes = () => [...form.querySelectorAll<HTMLInputElement>("input[name=record]")];
  const show = () => {
    const chosen = boxes().filter((box) => box.checked).length;
    if (bar) bar.hidden = chosen === 0;
    if (count) count.textContent = String(chosen);
    if (all) {
      all.checked = chosen > 0 && chosen === boxes().length;
      all.indeterminate = chosen > 0 && chosen < boxes().length;
    }
  };
  all?.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    show();
  });
  form.addEventListener("change", show);
  show();
});
