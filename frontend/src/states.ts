/** Where the strip of states is wider than the screen it begins with the state that holds now, and what led there is to
 * its left: on a phone the first thing that is seen is where it stands. */
import { whenShown } from "./shown";

const BEFORE = 24;

const sizes = "ResizeObserver" in window ? new ResizeObserver((seen) => seen.forEach(({ target }) => begin(target as HTMLElement))) : null;

function begin(strip: HTMLElement): void {
  const now = strip.querySelector<HTMLElement>("[aria-current=step]");
  if (now) strip.scrollLeft = now.offsetLeft - strip.offsetLeft - BEFORE;
}

whenShown(".states", (strip) => {
  begin(strip);
  sizes?.observe(strip);
});
