/** A question that is asked only when a figure falls, like the reason why the progress is lower than last time. */
import { whenShown } from "./shown";

whenShown("[data-when-falls]", (field) => {
  const figure = field.closest("form")?.querySelector<HTMLInputElement>(`[name="${field.dataset["whenFalls"]}"]`);
  const before = Number(figure?.dataset["before"]);
  if (!figure || Number.isNaN(before)) return;
  const refused = field.classList.contains("has-error");
  const show = () => (field.hidden = !refused && !(figure.value !== "" && Number(figure.value) < before));
  figure.addEventListener("input", show);
  show();
});
