/** Choose a unit or a person by typing part of a name. Without scripts the typed name itself is sent and resolved. */
import { whenShown } from "./shown";

type Found = { id: string; label: string; detail: string };

whenShown("[data-picker]", (root) => {
  const text = root.querySelector<HTMLInputElement>("[data-picker-text]");
  const list = root.querySelector<HTMLUListElement>("[data-picker-list]");
  const chosen = root.querySelector<HTMLElement>("[data-picker-chosen]");
  const name = root.dataset["name"];
  const source = root.dataset["picker"];
  if (!text || !list || !chosen || !name || !source) return;
  const several = root.hasAttribute("data-several");
  let found: Found[] = [];
  let at = -1;
  let timer = 0;
  let asked = 0;

  const close = () => {
    list.hidden = true;
    text.setAttribute("aria-expanded", "false");
    at = -1;
  };
  const mark = () => {
    [...list.children].forEach((row, i) => row.setAttribute("aria-selected", String(i === at)));
    const current = list.children[at];
    text.setAttribute("aria-activedescendant", current?.id ?? "");
    current?.scrollIntoView({ block: "nearest" });
  };
  const choose = (item: Found) => {
    if (!several) chosen.replaceChildren();
    if (![...chosen.querySelectorAll("input")].some((input) => input.value === item.id)) chosen.append(chip(name, item));
    text.value = "";
    text.dispatchEvent(new Event("picked", { bubbles: true }));
    chosen.dispatchEvent(new Event("change", { bubbles: true }));
    close();
  };
  const ask = async () => {
    const query = text.value.trim();
    if (!query) return close();
    const mine = ++asked;
    const answer = await fetch(`${source}?q=${encodeURIComponent(query)}`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (mine !== asked || !answer?.ok) return;
    found = ((await answer.json()) as { found: Found[] }).found;
    list.replaceChildren(...found.map((item, i) => option(`${list.id}-${i}`, item, () => choose(item))));
    if (!found.length) list.append(nothing(query));
    list.hidden = false;
    text.setAttribute("aria-expanded", "true");
    at = found.length ? 0 : -1;
    mark();
  };

  text.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), 150);
  });
  text.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // the Chinese input method is still choosing characters
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (found.length) at = (at + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
      mark();
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault();
      const item = found[at];
      if (item) choose(item);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  });
  text.addEventListener("blur", () => window.setTimeout(close, 150));
  chosen.addEventListener("click", (event) => {
    const chipOf = (event.target as HTMLElement).closest("[data-remove]")?.parentElement;
    if (!chipOf) return;
    chipOf.remove();
    chosen.dispatchEvent(new Event("change", { bubbles: true }));
    text.focus();
  });
});

export function chip(name: string, item: Found): HTMLElement {
  const el = document.createElement("span");
  el.className = "chip";
  const input = document.createElement("input");
  input.type = "hidden";
  input.name = name;
  input.value = item.id;
  const remove = document.createElement("button");
  remove.type = "button";
  remove.dataset["remove"] = "";
  remove.setAttribute("aria-label", `移除 ${item.label}`);
  remove.textContent = "×";
  el.append(input, item.label, remove);
  return el;
}

function option(id: string, item: Found, choose: () => void): HTMLElement {
  const row = document.createElement("li");
  row.id = id;
  row.setAttribute("role", "option");
  const detail = document.createElement("small");
  detail.textContent = item.detail;
  row.append(item.label, detail);
  row.addEventListener("mousedown", (event) => {
    event.preventDefault();
    choose();
  });
  return row;
}

function nothing(query: string): HTMLElement {
  const row = document.createElement("li");
  row.className = "text-secondary";
  row.textContent = `没有找到“${query}”，请换个写法`;
  return row;
}
