/** Theme, density and the menu: kept in cookies so that the server paints the right face at once. */
const YEAR = 365 * 24 * 3600;

function keep(name: string, value: string): void {
  document.cookie = `${name}=${value}; path=/; max-age=${YEAR}; samesite=lax`;
}

const root = document.documentElement;

document.addEventListener("click", (event) => {
  const button = (event.target as HTMLElement).closest<HTMLElement>("[data-face]");
  switch (button?.dataset["face"]) {
    case "theme": {
      const theme = root.dataset["bsTheme"] === "dark" ? "light" : "dark";
      root.dataset["bsTheme"] = theme;
      keep("theme", theme);
      document.dispatchEvent(new CustomEvent("face:theme"));
      break;
    }
    case "density": {
      const density = root.dataset["density"] === "compact" ? "comfortable" : "compact";
      root.dataset["density"] = density;
      keep("density", density);
      break;
    }
    case "print":
      window.print();
      break;
  }
});

// A menu made of <details> closes when one clicks elsewhere or presses Escape.
const openMenus = () => document.querySelectorAll<HTMLDetailsElement>("details.menu[open]");
document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target as Node)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }
  if (location.hash === "#menu") closePhoneMenu();
});

// On a phone the menu lies over the page; Escape, or a second press on 菜单, gives the page back.
function closePhoneMenu(): void {
  location.hash = "#content";
  document.querySelector<HTMLElement>(".footbar a[href='#menu']")?.focus();
}
document.addEventListener("click", (event) => {
  if (location.hash !== "#menu" || !(event.target as HTMLElement).closest(".footbar a[href='#menu']")) return;
  event.preventDefault();
  closePhoneMenu();
});
document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (event.defaultPrevented) return; // its own page holds it back, and says why
  if (form.method === "post" && !form.hasAttribute("hx-post")) {
    if (form.dataset["sent"]) event.preventDefault();
    form.dataset["sent"] = "yes";
    event.submitter?.setAttribute("aria-busy", "true");
    window.setTimeout(() => {
      delete form.dataset["sent"];
      event.submitter?.removeAttribute("aria-busy");
    }, 5_000);
  }
});
document.addEventListener("formdata", (event) => {
  // an address carries only what is asked for, so that it can be kept and sent to a colleague
  if ((event.target as HTMLFormElement).method !== "get") return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});
document.addEventListener("change", (event) => {
  const el = event.target as HTMLElement;
  if (el.hasAttribute("data-submit-on-change")) (el as HTMLInputElement).form?.requestSubmit();
});
