/**
 * The review page: document and ledger walk together, by click, by hover, by keyboard.
 *
 * A stretch of the document names the readings that cover it (`data-m="d12 b5"`); a piece of the ledger names its own
 * (`data-mark="d12"`), inside the item it belongs to (`data-item="5"`). Nothing else links the two.
 */
import htmx from "htmx.org";

const CURRENT = "is-current";
const POINTED = "is-pointed";

export function mountReview(root: HTMLElement): void {
  const doc = root.querySelector<HTMLElement>("[data-document]");
  const ledger = root.querySelector<HTMLElement>("[data-ledger]");
  if (!doc || !ledger) return;
  new Review(root, doc, ledger);
}

class Review {
  private readonly root: HTMLElement;
  private readonly doc: HTMLElement;
  private readonly ledger: HTMLElement;
  private current: string | null = null;
  /** What the server last took of each field; before that, what it sent. */
  private readonly saved = new WeakMap<Control, string>();
  private readonly sending = new WeakMap<Control, string>();

  constructor(root: HTMLElement, doc: HTMLElement, ledger: HTMLElement) {
    this.root = root;
    this.doc = doc;
    this.ledger = ledger;
    doc.addEventListener("click", (event) => this.clickedDocument(event));
    ledger.addEventListener("click", (event) => this.clickedLedger(event));
    ledger.addEventListener("focusin", (event) => this.enter(itemOf(event.target)));
    doc.addEventListener("mouseover", (event) => this.point(keysAt(event.target)));
    doc.addEventListener("mouseleave", () => this.point([]));
    ledger.addEventListener("mouseover", (event) => this.point([markOf(event.target)]));
    ledger.addEventListener("mouseleave", () => this.point([]));
    document.addEventListener("selectionchange", () => this.selectionChanged());
    document.addEventListener("keydown", (event) => this.pressed(event));
    root.addEventListener("click", (event) => this.clickedAnywhere(event));
    root.addEventListener("htmx:configRequest", (event) => this.tellServer(event as CustomEvent<RequestConfig>));
    root.addEventListener("htmx:afterRequest", (event) => this.answered(event as CustomEvent<Answer>));
    document.addEventListener("htmx:afterSettle", () => this.markCurrent());
    this.enter(location.hash.startsWith("#i") ? location.hash.slice(2) : (this.items()[0]?.dataset["item"] ?? null));
    if (location.hash) this.show(this.card(), "center");
    if (this.current) this.showInDocument([`t${this.current}`, `b${this.current}`]);
  }

  // ---- where we are

  private items(): HTMLElement[] {
    return [...this.ledger.querySelectorAll<HTMLElement>("[data-item]")];
  }

  private card(item = this.current): HTMLElement | null {
    return item ? this.ledger.querySelector<HTMLElement>(`[data-item="${item}"]`) : null;
  }

  private enter(item: string | null): void {
    if (!item || item === this.current) return;
    this.current = item;
    this.markCurrent();
  }

  private markCurrent(): void {
    for (const el of this.root.querySelectorAll(`.${CURRENT}`)) el.classList.remove(CURRENT);
    this.card()?.classList.add(CURRENT);
    if (this.current) for (const el of this.stretches(`b${this.current}`)) el.classList.add(CURRENT);
  }

  private go(item: HTMLElement | undefined | null): void {
    if (!item) return;
    this.enter(item.dataset["item"] ?? null);
    item.focus({ preventScroll: true });
    this.show(item, "nearest");
    this.showInDocument([`t${this.current}`, `b${this.current}`]);
  }

  private move(step: 1 | -1): void {
    const items = this.items();
    const at = items.findIndex((item) => item.dataset["item"] === this.current);
    this.go(items[Math.min(items.length - 1, Math.max(0, at + step))]);
  }

  private nextDoubtful(): void {
    const items = this.items();
    const at = items.findIndex((item) => item.dataset["item"] === this.current);
    const after = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    this.go(after.find((item) => item.querySelector("[data-doubtful]")));
  }

  // ---- the two sides

  private stretches(key: string): HTMLElement[] {
    return [...this.doc.querySelectorAll<HTMLElement>(`[data-m~="${CSS.escape(key)}"]`)];
  }

  private point(keys: (string | null)[]): void {
    for (const el of this.root.querySelectorAll(`.${POINTED}`)) el.classList.remove(POINTED);
    for (const key of keys) {
      if (!key || key.startsWith("b")) continue;
      for (const el of this.stretches(key)) el.classList.add(POINTED);
      for (const el of this.ledger.querySelectorAll(`[data-mark="${CSS.escape(key)}"]`)) el.classList.add(POINTED);
    }
  }

  private showInDocument(keys: (string | null)[]): void {
    for (const key of keys) {
      const first = key ? this.stretches(key)[0] : undefined;
      if (first) return this.show(first, "center");
    }
  }

  private show(el: Element | null, block: ScrollLogicalPosition): void {
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (el?.closest(".pane") && getComputedStyle(el.closest(".pane")!).display !== "none") {
      el.scrollIntoView({ block, behavior: calm ? "auto" : "smooth" });
    }
  }

  private clickedDocument(event: MouseEvent): void {
    const keys = keysAt(event.target);
    const exact = keys.filter((key) => !key.startsWith("b") && !key.startsWith("t"));
    const reading = exact.map((key) => this.ledger.querySelector<HTMLElement>(`[data-mark="${CSS.escape(key)}"]`)).find(Boolean);
    const body = keys.find((key) => key.startsWith("b") || key.startsWith("t"))?.slice(1) ?? null;
    const item = reading ? (itemOf(reading) ?? body) : body;
    if (item) this.enter(item);
    this.show(reading ?? this.card(item), "center");
    this.point(exact);
  }

  private clickedLedger(event: MouseEvent): void {
    const item = itemOf(event.target);
    this.enter(item);
    const mark = markOf(event.target);
    if (!mark) return;
    if (mark.startsWith("t")) this.showInDocument([mark, `b${mark.slice(1)}`]);
    else this.showInDocument([mark, item && `b${item}`]);
    this.point([mark]);
  }

  // ---- what one does

  private clickedAnywhere(event: MouseEvent): void {
    const button = (event.target as HTMLElement).closest<HTMLElement>("[data-do],[data-tab],[data-dismiss],[data-order-by]");
    if (!button) return;
    if (button.dataset["tab"]) return this.showPane(button.dataset["tab"]);
    if ("dismiss" in button.dataset) return button.closest(".alert")?.remove();
    if (button.dataset["orderBy"]) {
      for (const other of this.root.querySelectorAll("[data-order-by]")) {
        if (other === button) other.setAttribute("aria-current", "true");
        else other.removeAttribute("aria-current");
      }
      this.root.dataset["order"] = button.dataset["orderBy"];
      return;
    }
    const item = itemOf(button) ?? this.current;
    switch (button.dataset["do"]) {
      case "split":
        return this.split(item);
      case "add":
        return this.add(item);
      case "close":
        return this.card(item)?.querySelector(".item-edit")?.replaceChildren();
      case "edit":
        event.preventDefault();
        this.edit(item);
    }
  }

  /** Open the form of an item, or close it where it is open. */
  private edit(item: string | null): void {
    const card = this.card(item);
    const place = card?.querySelector<HTMLElement>(".item-edit");
    const link = card?.querySelector<HTMLElement>("a[data-do=edit]");
    if (!place || !link) return;
    if (place.childElementCount) return place.replaceChildren();
    const enter = () => place.querySelector<HTMLElement>("[name=title]")?.focus();
    void htmx.ajax("get", link.getAttribute("href")!, { source: link, target: place, swap: "innerHTML" }).then(enter);
  }

  private split(item: string | null): void {
    const card = this.card(item);
    const area = card?.querySelector<HTMLTextAreaElement>("[data-content]");
    const caret = this.caret();
    const placed = item !== null && this.stretches(`b${item}`).length > 0;
    const at = placed ? caret?.start : area?.selectionStart;
    this.send("split", item, at === undefined ? {} : { at: String(at) });
    this.showPane("ledger");
  }

  private add(item: string | null): void {
    const caret = this.caret();
    if (!caret || caret.end <= caret.start) return;
    this.send("add", item, { start: String(caret.start), end: String(caret.end) });
    window.getSelection()?.removeAllRanges();
    this.showPane("ledger");
  }

  private send(operation: string, item: string | null, values: Record<string, string>): void {
    const address = this.root.querySelector<HTMLElement>("[data-do=undo]")?.getAttribute("hx-post");
    if (!address) return;
    const keys = this.card(item)?.querySelectorAll<HTMLInputElement>(`#k${item} input`) ?? [];
    for (const input of keys) values[input.name] = input.value;
    void htmx.ajax("post", address.replace(/undo\/$/, `${operation}/`), { source: this.root, values, swap: "none" });
  }

  private pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const press = (name: string) => this.card()?.querySelector<HTMLElement>(`[data-do=${name}]`)?.click();
    const doings: Record<string, () => void> = {
      j: () => this.move(1),
      k: () => this.move(-1),
      d: () => this.nextDoubtful(),
      c: () => press("check"),
      e: () => this.edit(this.current),
      m: () => this.send("merge", this.current, {}),
      s: () => this.split(this.current),
      u: () => this.root.querySelector<HTMLElement>("[data-do=undo]")?.click(),
      r: () => this.root.querySelector<HTMLElement>("[data-do=redo]")?.click(),
    };
    const act = doings[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  private showPane(name: string): void {
    this.root.dataset["pane"] = name;
    for (const tab of this.root.querySelectorAll<HTMLElement>("[data-tab]")) tab.setAttribute("aria-selected", String(tab.dataset["tab"] === name));
    const shown = name === "text" ? (this.current ? this.stretches(`b${this.current}`)[0] : undefined) : this.card();
    this.show(shown ?? null, "center");
  }

  // ---- talking with the server

  /** Which forms are open, and in which order the ledger stands: the answer replaces only what is safe to replace. */
  private tellServer(event: CustomEvent<RequestConfig>): void {
    if (event.detail.verb !== "post") return;
    if (event.detail.elt.matches("form.autosave") && !this.keepWhatChanged(event.detail)) return event.preventDefault();
    event.detail.formData.append("order", this.root.querySelector<HTMLElement>("#ledger")?.dataset["order"] ?? "doubts");
    for (const form of this.ledger.querySelectorAll<HTMLElement>("[data-item-form]")) {
      event.detail.formData.append("open", form.dataset["itemForm"] ?? "");
    }
  }

  /** Only what this person changed is sent: a colleague's change to another field is not written over. */
  private keepWhatChanged(request: RequestConfig): boolean {
    let changed = false;
    for (const control of controlsOf(request.elt)) {
      const value = valueOf(control);
      if (value === (this.saved.get(control) ?? initialOf(control))) request.formData.delete(control.name);
      else {
        this.sending.set(control, value);
        changed = true;
      }
    }
    return changed;
  }

  private answered(event: CustomEvent<Answer>): void {
    if (event.detail.xhr.status >= 400) return; // a refusal has put its sentence there
    for (const control of controlsOf(event.detail.elt)) {
      const sent = this.sending.get(control);
      if (sent !== undefined) this.saved.set(control, sent);
    }
    this.root.querySelector("#trouble")?.replaceChildren();
    const item = itemOf(event.detail.elt);
    if (item) this.card(item)?.querySelector(`#c${item}`)?.replaceChildren();
    const form = event.detail.elt.closest<HTMLFormElement>("form[data-closes]");
    form?.reset();
    form?.closest("details")?.removeAttribute("open");
  }

  // ---- the place in the text

  private selectionChanged(): void {
    const bar = this.root.querySelector<HTMLElement>("#selection-bar");
    if (!bar) return;
    const caret = this.caret();
    bar.hidden = !caret;
    if (!caret) return;
    const words = bar.querySelector("[data-selection-words]");
    const chosen = caret.end > caret.start;
    if (words) words.textContent = chosen ? `选中 ${caret.end - caret.start} 字` : "光标已在原文中";
    bar.querySelector<HTMLElement>("[data-do=add]")!.hidden = !chosen;
  }

  /** The selection as characters of the document's text; null when it is not in the document. */
  private caret(): { start: number; end: number } | null {
    const selection = window.getSelection();
    if (!selection?.rangeCount || !this.doc.contains(selection.anchorNode)) return null;
    const range = selection.getRangeAt(0);
    const start = offsetOf(range.startContainer, range.startOffset);
    const end = offsetOf(range.endContainer, range.endOffset);
    return start === null || end === null ? null : { start, end };
  }
}

type Answer = { xhr: XMLHttpRequest; elt: HTMLElement };
type RequestConfig = { verb: string; formData: FormData; elt: HTMLElement };
type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

function controlsOf(form: HTMLElement): Control[] {
  return [...form.querySelectorAll<Control>("input:not([type=hidden]),textarea,select")].filter((control) => control.name);
}

function valueOf(control: Control): string {
  return control instanceof HTMLInputElement && control.type === "checkbox" ? String(control.checked) : control.value;
}

function initialOf(control: Control): string {
  if (control instanceof HTMLSelectElement) return [...control.options].find((option) => option.defaultSelected)?.value ?? control.options[0]?.value ?? "";
  return control instanceof HTMLInputElement && control.type === "checkbox" ? String(control.defaultChecked) : control.defaultValue;
}

/** Characters (code points, as the server counts) from the beginning of the text to this place. */
function offsetOf(node: Node, offset: number): number | null {
  const piece = (node instanceof Element ? node : node.parentElement)?.closest<HTMLElement>("[data-start]");
  if (!piece) return null;
  const range = document.createRange();
  range.setStart(piece, 0);
  range.setEnd(node, offset);
  return Number(piece.dataset["start"]) + [...range.toString()].length;
}

function itemOf(target: EventTarget | null): string | null {
  return target instanceof Element ? (target.closest<HTMLElement>("[data-item]")?.dataset["item"] ?? null) : null;
}

function markOf(target: EventTarget | null): string | null {
  return target instanceof Element ? (target.closest<HTMLElement>("[data-mark]")?.dataset["mark"] ?? null) : null;
}

function keysAt(target: EventTarget | null): string[] {
  const stretch = target instanceof Element ? target.closest<HTMLElement>("[data-m]") : null;
  return stretch?.dataset["m"]?.split(" ") ?? [];
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
