/** Where the strip of states is wider than the screen it begins with the state that holds now, and what led there is to
 * its left: on a phone the first thing that is seen is where it stands. */
import { whenShown } from "./shown";

const BEFORE = 24;

whenShown(".states", (strip) => {
  const now = strip.querySelector<HTMLElement>("[aria-current=step]");
  if (now) strip.scrollLeft = now.offsetLeft - strip.offsetLeft - BEFORE;
});
