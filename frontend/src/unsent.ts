/**
 * What of a report its text fields do not keep themselves: what was chosen, where it is, the photos that have arrived,
 * and the key by which it counts once however often it is sent. On this machine only, for whoever typed it, until the report
 * has arrived.
 */
import { OWN_DRAFTS } from "./drafts";
import { chip } from "./pickers";
import { arrived } from "./uploads";

const OLDEST_PHOTO = 6 * 24 * 3600 * 1000; // a day less than the server keeps a file that nobody handed in
const PICKED = ["enterprise", "unit"];
const PLAIN = ["site", "channel", "found_by_name", "found_on", "rectify_by", "discipline", "inspection_kind", "latitude", "longitude"];
const TICKED = ["category", "level", "fixed", "criterion"];
const PHOTOS = ["before_photos", "after_photos"];
const LATER = ["site", "criterion"]; // they stand in the page only after the server has answered

type Chosen = { id: string; label: string };
type Unsent = { at: number; begun: boolean; key: string; picked: Record<string, Chosen>; values: Record<string, string>; photos: Record<string, Chosen[]> };

export function keepUnsent(form: HTMLFormElement, follow: () => void): void {
  const place = `${OWN_DRAFTS}${form.dataset["report"]}:rest`;
  if (form.hasAttribute("data-fresh")) restore(form, read(place), place, follow);
  const keep = () => {
    const now = taken(form);
    try {
      if (now.begun) localStorage.setItem(place, JSON.stringify(now));
      else localStorage.removeItem(place);
    } catch {
      // storage full or forbidden: what was chosen stays in the page
    }
  };
  for (const kind of ["input", "change", "uploaded", "place"]) form.addEventListener(kind, () => window.setTimeout(keep));
  form.addEventListener("click", () => window.setTimeout(keep));
  form.addEventListener("submit", keep);
}

/** Without a network the form stays where it is, and says so. */
export function waitForNetwork(form: HTMLFormElement): void {
  const said = form.querySelector<HTMLElement>("[data-offline]");
  if (!said) return;
  const tell = () => (said.hidden = navigator.onLine);
  window.addEventListener("online", tell);
  window.addEventListener("offline", tell);
  form.addEventListener("submit", (event) => {
    tell();
    if (!navigator.onLine) event.preventDefault();
  });
  tell();
}

function read(place: string): Unsent | null {
  try {
    return JSON.parse(localStorage.getItem(place) ?? "null") as Unsent | null;
  } catch {
    return null;
  }
}

function taken(form: HTMLFormElement): Unsent {
  const picked: Unsent["picked"] = {};
  const values: Unsent["values"] = {};
  const photos: Unsent["photos"] = {};
  for (const name of PICKED) {
    const input = form.querySelector<HTMLInputElement>(`[data-picker-chosen] input[name=${name}]`);
    if (input) picked[name] = { id: input.value, label: words(input) };
  }
  for (const name of PLAIN) values[name] = form.querySelector<HTMLInputElement>(`[name=${name}]`)?.value ?? "";
  for (const name of TICKED) values[name] = form.querySelector<HTMLInputElement>(`[name=${name}]:checked`)?.value ?? "";
  for (const name of PHOTOS) {
    const kept = [...form.querySelectorAll<HTMLInputElement>(`input[name=kept_${name}]`)];
    photos[name] = kept.map((input) => ({ id: input.value, label: words(input) }));
  }
  const typed = [...form.querySelectorAll<HTMLInputElement>("[data-draft]")].some((each) => each.value);
  const begun = typed || Boolean(values["category"]) || [...Object.values(picked), ...Object.values(photos).flat()].length > 0;
  const key = form.querySelector<HTMLInputElement>("[name=id]")?.value ?? "";
  return { at: Date.now(), begun, key, picked, values, photos };
}

/** What stands beside the hidden field in its chip or line: a name. */
function words(input: HTMLInputElement): string {
  const beside = [...(input.parentElement?.childNodes ?? [])].filter((each) => !(each instanceof HTMLButtonElement || each instanceof HTMLElement && each.matches("small")));
  return beside.map((each) => each.textContent?.trim() ?? "").join("");
}

function restore(form: HTMLFormElement, kept: Unsent | null, place: string, follow: () => void): void {
  if (!kept?.begun) return;
  const back: string[] = [];
  const own = form.querySelector<HTMLInputElement>("[name=id]");
  if (own && kept.key) own.value = kept.key;
  for (const name of PICKED) {
    const item = kept.picked[name];
    const chosen = form.querySelector<HTMLElement>(`[data-name=${name}] [data-picker-chosen]`);
    if (!item || !chosen || chosen.querySelector("input")) continue;
    chosen.append(chip(name, { ...item, detail: "" }));
    back.push(item.label);
    chosen.closest("details")?.setAttribute("open", "");
    window.setTimeout(() => chosen.dispatchEvent(new Event("change", { bubbles: true })));
  }
  const waiting = new Set(LATER.filter((name) => kept.values[name]));
  const put = (name: string) => {
    const value = kept.values[name];
    const field = form.querySelector<HTMLInputElement>(`select[name=${name}], input[name=${name}]:not([type=radio], [type=checkbox])`);
    const tick = value && form.querySelector<HTMLInputElement>(`[name=${name}][value="${CSS.escape(value)}"]:is([type=radio], [type=checkbox])`);
    if (tick) tick.checked = true;
    else if (field && value) field.value = value;
    return Boolean(tick) || field?.value === value;
  };
  for (const name of [...PLAIN, ...TICKED]) if (!waiting.has(name)) put(name);
  form.addEventListener("htmx:afterSettle", () => {
    for (const name of waiting) put(name);
    follow();
  });
  form.addEventListener("change", (event) => {
    if (event.isTrusted) waiting.delete((event.target as HTMLInputElement).name);
  });
  if (kept.values["latitude"]) {
    const said = form.querySelector<HTMLElement>("[data-place-said]");
    if (said) said.textContent = `位置：${kept.values["latitude"]}，${kept.values["longitude"]}（上次取的）。`;
    form.querySelector<HTMLElement>("[data-clear-place]")?.removeAttribute("hidden");
  }
  const sent = Date.now() - kept.at < OLDEST_PHOTO ? kept.photos : {};
  for (const [name, photos] of Object.entries(sent)) {
    const box = form.querySelector<HTMLElement>(`input[type=file][name=${name}]`)?.closest<HTMLElement>(".photo-fields");
    if (!box || !photos.length) continue;
    const list = document.createElement("ul");
    list.className = "uploads";
    for (const photo of photos) list.append(arrived(document.createElement("li"), name, photo.id, photo.label));
    box.append(list);
    back.push(`${photos.length} 张照片`);
    window.setTimeout(() => form.dispatchEvent(new CustomEvent("uploaded")), 500);
  }
  follow();
  // the questions, the twins and the criteria follow what was typed before
  window.setTimeout(() => form.querySelector("#id_description")?.dispatchEvent(new Event("input", { bubbles: true })), 300);
  form.prepend(told(kept, back, place));
}

function told(kept: Unsent, back: string[], place: string): HTMLElement {
  const note = document.createElement("div");
  note.className = "alert unsent";
  note.setAttribute("role", "status");
  const when = new Date(kept.at).toLocaleString("zh-CN", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
  note.append(`已恢复 ${when} 没有提交的登记${back.length ? `：${back.join("、")}` : ""}。请核对后提交。 `);
  const again = document.createElement("button");
  again.type = "button";
  again.className = "btn-link";
  again.textContent = "不要了，重新填";
  again.addEventListener("click", () => {
    const all = place.slice(0, -"rest".length);
    for (const key of Object.keys(localStorage)) if (key.startsWith(all)) localStorage.removeItem(key);
    location.reload();
  });
  note.append(again);
  return note;
}
