/** A button that copies its text. Intranets without HTTPS have no clipboard of their own: the old way serves there. */
export function mountCopy(button: HTMLElement): void {
  const words = button.querySelector<HTMLElement>("[data-copy-words]");
  const before = words?.textContent ?? "";
  button.addEventListener("click", async () => {
    const done = await copied(button.dataset.copy ?? "");
    if (!words) return;
    words.textContent = done ? "已复制" : "请手工复制";
    setTimeout(() => (words.textContent = before), 2000);
  });
}

async function copied(text: string): Promise<boolean> {
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // refused by the browser: the old way below
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.setAttribute("readonly", "");
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
