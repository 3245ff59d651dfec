/** Where a strip of states or a row of tabs is wider than the screen it begins with the one that holds now, and what comes
 * before is to its left: on a phone the first thing that is seen is where it stands. */
import { whenShown } from "./shown";

const BEFORE = 24;

const sizes = "ResizeObserver" in window ? new ResizeObserver((seen) => seen.forEach(({ target }) => begin(target as HTMLElement))) : null;

function begin(strip: HTMLElement): void {
  const now = strip.querySelector<HTMLElement>("[aria-current]");
  if (now) strip.scrollLeft = now.offsetLeft - strip.offsetLeft - BEFORE;
}

whenShown(".states, .tabs", (strip) => {
  begin(strip);
  sizes?.observe(strip);
});
