/** Text keeps itself while it is typed, on this machine only, until it has been sent; for whoever typed it, though others
 * may use the same machine. */
import { whenShown } from "./shown";

const EVERYBODYS = "draft:";
export const OWN_DRAFTS = `${EVERYBODYS}${document.body.dataset["person"] ?? ""}:`;
const OLDEST = 30 * 24 * 3600 * 1000;

type Draft = { text: string; at: number };

function read(key: string): Draft | null {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null") as Draft | null;
  } catch {
    return null;
  }
}

function forgetOld(): void {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(EVERYBODYS) && Date.now() - (read(key)?.at ?? 0) > OLDEST) localStorage.removeItem(key);
  }
}

whenShown("textarea[data-draft], input[data-draft]", (el) => {
  const area = el as HTMLTextAreaElement | HTMLInputElement;
  const key = OWN_DRAFTS + area.dataset["draft"];
  const kept = read(key);
  if (kept?.text && !area.value) {
    area.value = kept.text;
    const note = document.createElement("div");
    note.className = "form-hint draft-note";
    const when = new Date(kept.at).toLocaleString("zh-CN", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
    note.textContent = `已恢复 ${when} 未提交的内容。 `;
    const clear = document.createElement("button");
    clear.type = "button";
    clear.className = "btn-link";
    clear.textContent = "清空重写";
    clear.addEventListener("click", () => {
      area.value = "";
      localStorage.removeItem(key);
      note.remove();
      area.focus();
    });
    note.append(clear);
    area.after(note);
  }
  area.addEventListener("input", () => {
    try {
      if (area.value) localStorage.setItem(key, JSON.stringify({ text: area.value, at: Date.now() } satisfies Draft));
      else localStorage.removeItem(key);
    } catch {
      // storage full or forbidden: the text stays in the page
    }
  });
});

// The server says which drafts arrived: only then are they forgotten.
whenShown("[data-draft-sent]", (el) => {
  const sent = OWN_DRAFTS + el.dataset["draftSent"];
  for (const key of Object.keys(localStorage)) if (key === sent || key.startsWith(`${sent}:`)) localStorage.removeItem(key);
});

try {
  forgetOld();
} catch {
  // storage forbidden by the browser
}
