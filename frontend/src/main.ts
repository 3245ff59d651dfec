/** What every page loads. Charts and the map are fetched only by a page that shows one. */
import "./styles/main.css";
import "./htmx";
import "./dialog";
import "./face";
import "./keyboard";
import "./drafts";
import "./pickers";
import "./selection";
import "./reach";
import "./states";
import "./falls";
import "./files";
import { mountInstall } from "./install";
import { whenShown } from "./shown";

mountInstall();

whenShown("[data-chart]", async (el) => (await import("./charts")).mountChart(el));
whenShown("[data-review]", async (el) => (await import("./review")).mountReview(el));
whenShown("[data-drop]", async (el) => (await import("./drop")).mountDrop(el as HTMLFormElement));
whenShown("[data-copy]", async (el) => (await import("./copy")).mountCopy(el));
whenShown("[data-map]", async (el) => (await import("./map")).mountMap(el));
whenShown("[data-resumable]", async (el) => (await import("./uploads")).mountUploads(el as HTMLInputElement));
whenShown("[data-report]", async (el) => (await import("./report")).mountReport(el as HTMLFormElement));
whenShown("[data-place-picker]", async (el) => (await import("./place")).mountPlace(el));
