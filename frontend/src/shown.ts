/** Run `mount` once for every element that matches, now and whenever htmx brings in new ones. */
export function whenShown(selector: string, mount: (el: HTMLElement) => void | Promise<void>): void {
  const mounted = new WeakSet<HTMLElement>();
  const look = (root: ParentNode) => {
    const own = root instanceof HTMLElement && root.matches(selector) ? [root] : [];
    for (const el of [...own, ...root.querySelectorAll<HTMLElement>(selector)]) {
      if (mounted.has(el)) continue;
      mounted.add(el);
      void mount(el);
    }
  };
  look(document);
  document.addEventListener("htmx:load", (event) => look((event as CustomEvent<{ elt: HTMLElement }>).detail.elt));
}
