/** A file field names what was chosen in Chinese, whatever language the browser speaks. */
import { whenShown } from "./shown";

whenShown(".file-field", (label) => {
  const field = label.querySelector<HTMLInputElement>("input[type=file]");
  const words = label.querySelector<HTMLElement>(".file-words");
  if (!field || !words) return;
  const unchosen = field.multiple ? "可以一次选多个文件" : "还没有选择文件";
  const show = () => (words.textContent = [...(field.files ?? [])].map((file) => file.name).join("、") || unchosen);
  label.classList.add("is-told");
  // files that are sent at once are listed under the field
  if (!field.dataset.resumable) field.addEventListener("change", show);
  field.form?.addEventListener("reset", () => window.setTimeout(show));
  show();
});
