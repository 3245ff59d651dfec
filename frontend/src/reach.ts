/** What scrolls by itself and holds nothing that takes the focus takes it itself, so that the arrow keys can move it. */
import { whenShown } from "./shown";

const SCROLLS = ".rows, .states, .tallies, .chart-scroll, .paper-table, .passage-table, .pane-body, .table-scroll, pre";
const TAKES_FOCUS = "a[href], button:not([disabled]), input:not([type=hidden]), select, textarea, [tabindex='0']";

const sizes = "ResizeObserver" in window ? new ResizeObserver((seen) => seen.forEach(({ target }) => reach(target as HTMLElement))) : null;

function reach(el: HTMLElement): void {
  const scrolls = el.scrollWidth > el.clientWidth + 1 || el.scrollHeight > el.clientHeight + 1;
  if (scrolls && !el.querySelector(TAKES_FOCUS)) el.tabIndex = 0;
  else if (el.tabIndex === 0) el.removeAttribute("tabindex");
}

whenShown(SCROLLS, (el) => {
  reach(el);
  sizes?.observe(el);
});
