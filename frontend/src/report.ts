import { keepUnsent, waitForNetwork } from "./unsent";

/** The report of a hazard: what is asked depends on what was chosen, and a chosen criterion proposes the level. */
export function mountReport(form: HTMLFormElement): void {
  const show = (selector: string, when: boolean) => {
    for (const el of form.querySelectorAll<HTMLElement>(selector)) el.hidden = !when;
  };
  const checked = (name: string) => form.querySelector<HTMLInputElement>(`[name="${name}"]:checked`)?.value ?? "";

  const follow = () => {
    show("[data-when-major]", checked("level") === "major");
    show("[data-when-fixed]", form.querySelector<HTMLInputElement>("[data-fixed]")?.checked ?? false);
    const channel = form.querySelector<HTMLSelectElement>("[name=channel]")?.value ?? "";
    show("[data-when-stranger]", ["public_report", "expert", "insurer"].includes(channel));
    show("[data-when-criterion]", form.querySelector("[name=criterion]:checked, input[type=hidden][name=criterion]") !== null);
  };

  form.addEventListener("change", (event) => {
    const field = event.target as HTMLInputElement;
    if (field.name === "criterion") {
      const level = form.querySelector<HTMLInputElement>(`[name=level][value=${field.value ? "major" : "general"}]`);
      if (level) level.checked = true;
    }
    // the picker tells of a choice on the place that holds it, and of one taken away again
    if (field instanceof HTMLElement && field.matches("[data-picker-chosen]") && field.closest("[data-name=enterprise]")) {
      form.dispatchEvent(new CustomEvent("enterprise-chosen"));
    }
    follow();
  });
  form.addEventListener("click", (event) => {
    const place = (event.target as HTMLElement).closest<HTMLElement>("[data-use-place]")?.dataset["usePlace"];
    if (place) form.dispatchEvent(new CustomEvent("place", { detail: place }));
  });
  follow();
  keepUnsent(form, follow);
  waitForNetwork(form);
}
