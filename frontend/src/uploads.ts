/**
 * A file field that sends its files at once, in pieces, and goes on after the network broke or the page was reloaded.
 * The form then hands in only their keys. Without scripts the files travel with the form.
 */
import { Upload, type DetailedError } from "tus-js-client";

const PIECE = 4 * 1_048_576;
const PAUSES = [0, 1000, 3000, 5000, 10_000, 20_000];

export function mountUploads(field: HTMLInputElement): void {
  const form = field.form;
  const endpoint = field.dataset.resumable;
  if (!form || !endpoint) return;
  const list = document.createElement("ul");
  list.className = "uploads";
  list.setAttribute("aria-live", "polite");
  (field.closest(".file-field") ?? field).after(list);
  field.addEventListener("change", () => {
    const files = [...(field.files ?? [])];
    field.value = "";
    for (const file of files) send(file, { field, form, list, endpoint });
  });
}

interface Place {
  field: HTMLInputElement;
  form: HTMLFormElement;
  list: HTMLElement;
  endpoint: string;
}

function send(file: File, place: Place): void {
  const line = document.createElement("li");
  const name = document.createElement("span");
  const bar = document.createElement("progress");
  const said = document.createElement("small");
  name.className = "name";
  name.textContent = file.name;
  bar.max = 100;
  bar.setAttribute("aria-label", `${file.name} 上传进度`);
  line.append(name, bar, said);
  place.list.append(line);

  const upload = new Upload(file, {
    endpoint: place.endpoint,
    chunkSize: PIECE,
    retryDelays: PAUSES,
    headers: { "X-CSRFToken": token() },
    metadata: { filename: file.name },
    removeFingerprintOnSuccess: true,
    onShouldRetry: (error) => {
      const status = error.originalResponse?.getStatus() ?? 0;
      return status === 0 || status === 409 || status === 423 || status >= 500;
    },
    onProgress: (sent, whole) => {
      bar.value = whole ? (sent / whole) * 100 : 100;
      said.textContent = `${Math.floor(bar.value)}%`;
    },
    onError: (error) => {
      settle(place.form, -1);
      bar.remove();
      said.className = "field-error";
      said.setAttribute("role", "alert");
      said.textContent = sentence(error);
      line.append(
        button("重试", () => {
          line.remove();
          send(file, place);
        }),
        button("不传了", () => line.remove()),
      );
    },
    onSuccess: ({ lastResponse }) => {
      settle(place.form, -1);
      const key = lastResponse.getHeader("Zhiben-Upload");
      if (!key) return;
      bar.remove();
      said.remove();
      name.remove();
      arrived(line, place.field.name, key, file.name);
      window.setTimeout(() => place.form.dispatchEvent(new CustomEvent("uploaded")));
    },
  });
  settle(place.form, 1);
  void upload.findPreviousUploads().then((earlier) => {
    const last = earlier.at(-1);
    if (last) upload.resumeFromPreviousUpload(last);
    upload.start();
  });
}

/** The line of a file that has arrived: the form hands in its key. */
export function arrived(line: HTMLElement, field: string, key: string, called: string): HTMLElement {
  const name = document.createElement("span");
  const said = document.createElement("small");
  const kept = document.createElement("input");
  name.className = "name";
  name.textContent = called;
  said.textContent = "已上传";
  kept.type = "hidden";
  kept.name = `kept_${field}`;
  kept.value = key;
  line.append(
    name,
    said,
    kept,
    button("去掉", () => line.remove()),
  );
  return line;
}

/** While files travel the form waits: what it hands in is complete. */
function settle(form: HTMLFormElement, change: number): void {
  const travelling = Number(form.dataset.travelling ?? 0) + change;
  form.dataset.travelling = String(travelling);
  for (const submit of form.querySelectorAll<HTMLButtonElement>("button:not([type=button])")) {
    submit.disabled = travelling > 0;
  }
}

function sentence(error: Error | DetailedError): string {
  const response = "originalResponse" in error ? error.originalResponse : null;
  if (!response) return "网络中断，文件没有传完。已传的部分还在，网络恢复后点“重试”接着传。";
  const status = response.getStatus();
  if (status === 422) return response.getBody();
  if (status === 200 || status === 401 || status === 403) return "登录已过期，请重新登录后再选一次，会接着上次的位置传。";
  return "服务器暂时没有收下这个文件，请稍后点“重试”。";
}

function button(words: string, does: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn btn-plain btn-sm";
  made.textContent = words;
  made.addEventListener("click", does);
  return made;
}

function token(): string {
  const headers = document.body.getAttribute("hx-headers");
  return headers ? ((JSON.parse(headers) as Record<string, string>)["X-CSRFToken"] ?? "") : "";
}
