/** A form whose file may be dropped onto it. Without scripts the file field itself is there. */
export function mountDrop(form: HTMLFormElement): void {
  const zone = form.querySelector<HTMLElement>(".drop");
  const field = form.querySelector<HTMLInputElement>("input[type=file]");
  const words = form.querySelector<HTMLElement>("[data-drop-words]");
  if (!zone || !field || !words) return;
  zone.classList.add("is-told");
  const show = () => {
    const file = field.files?.[0];
    if (file) words.textContent = `${file.name}（${size(file.size)}）`;
    zone.classList.toggle("has-file", Boolean(file));
  };
  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.add("is-over");
    });
  }
  for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("is-over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    const files = event.dataTransfer?.files;
    if (!files?.length) return;
    field.files = files;
    show();
  });
  field.addEventListener("change", show);
  show();
}

function size(bytes: number): string {
  return bytes < 1_048_576 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`;
}
