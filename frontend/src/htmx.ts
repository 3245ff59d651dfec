import htmx from "htmx.org";

// A refusal (409) or a form with errors (422) is a page to show, not a failure of the network.
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "4(09|22)", swap: true },
  { code: "...", swap: false, error: true },
];

// A style that somebody else's tool left on an element is not copied to what replaces it: the pages allow no inline style.
htmx.config.attributesToSettle = ["class", "width", "height"];

document.addEventListener("htmx:beforeRequest", (event) => pressed(event)?.setAttribute("aria-busy", "true"));
document.addEventListener("htmx:afterRequest", (event) => pressed(event)?.removeAttribute("aria-busy"));

/** The button of a form that is on its way to the server. */
function pressed(event: Event): Element | null {
  const { elt } = (event as CustomEvent<{ elt: Element }>).detail;
  return elt.matches("form") ? elt.querySelector("button[type=submit]") : null;
}

export function showNotice(sentence: string): void {
  const notice = document.createElement("div");
  notice.className = "alert alert-danger notice";
  notice.setAttribute("role", "alert");
  notice.textContent = sentence;
  document.getElementById("notices")?.append(notice);
  window.setTimeout(() => notice.remove(), 10_000);
}

document.addEventListener("htmx:sendError", () => showNotice("网络不通，刚才的操作没有完成。请检查网络后再试一次，已填写的内容还在。"));
document.addEventListener("htmx:responseError", (event) => {
  const status = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail.xhr.status;
  if (status === 401 || status === 403) showNotice("登录已过期，或页面打开太久。请刷新页面（需要时重新登录）后再试，写过的长文字会自动恢复。");
  else if (status === 404) showNotice("没有找到这条记录，它可能已被移走，或不在您的查看范围内。");
  else showNotice("系统出错，刚才的操作没有完成。请稍后再试；如仍不行，请告知系统管理员。");
});
