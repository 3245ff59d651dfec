/**
 * Mounts a chart on `<figure data-chart="…json address…">`. The address answers
 * `{ "kind": "bar" | "line" | "stack", "unit": "件", "categories": [...], "series": [{ "name", "values", "links"?, "tone"? }] }`;
 * `"across": true` lays the bars on their side, one line for each name; `tone` is a colour of the face: `--red`;
 * the figure's sentence and table are already in the page, so nothing is lost when the picture cannot be drawn.
 */
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, LineChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

type Series = { name: string; values: (number | null)[]; links?: (string | null)[]; tone?: string };
type Chart = { kind: "bar" | "line" | "stack"; across?: boolean; unit?: string; categories: string[]; series: Series[] };

/** Pixels: one bar on its side, the axis below it; above stands the legend, on a phone in two lines. */
const [LINE, FOOT] = [30, 32];
const headOf = (width: number) => (width < 600 ? 72 : 48);
const LONGEST_NAME = 168;

const [LIGHT, DARK] = ["rgba(255,255,255,0.7)", "rgba(0,0,0,0.42)"];
/** One for each series of a chart, in order: what tells them apart in grey print and to a colour-blind eye. */
const PATTERNS = [
  { color: "transparent" },
  { color: LIGHT, dashArrayX: [1, 0], dashArrayY: [3, 3], rotation: -Math.PI / 4 },
  { color: DARK, dashArrayX: [1, 0], dashArrayY: [4, 2], rotation: Math.PI / 4 },
  { color: LIGHT, symbol: "rect", dashArrayX: [[5, 5], [0, 5, 5, 0]], dashArrayY: [5, 0] },
  { color: DARK, symbol: "circle", dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [5, 0], symbolSize: 0.7 },
  { color: LIGHT, dashArrayX: [1, 0], dashArrayY: [1, 4], rotation: Math.PI / 2 },
];

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export async function mountChart(figure: HTMLElement): Promise<void> {
  const place = figure.querySelector<HTMLElement>(".chart-picture") ?? figure;
  const answer = await fetch(figure.dataset["chart"]!, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) {
    place.textContent = "图没有画出来，请看下面的表。";
    return;
  }
  const data = (await answer.json()) as Chart;
  if (data.across) place.style.height = `${data.categories.length * LINE + headOf(place.clientWidth) + FOOT}px`;
  const chart = init(place);
  const draw = () => chart.setOption(optionOf(data, place.clientWidth), true);
  draw();
  chart.on("click", (point) => {
    const link = data.series[point.seriesIndex ?? 0]?.links?.[point.dataIndex];
    if (link) window.location.assign(link); // every number opens
  });
  new ResizeObserver(() => chart.resize()).observe(place);
  document.addEventListener("face:theme", draw);
}

function optionOf(data: Chart, width: number): EChartsCoreOption {
  const ink = colour("--ink-2");
  const line = colour("--line");
  const many = data.series.length > 1;
  const names = {
    type: "category",
    data: data.categories,
    inverse: data.across, // the first name on top, as in the table
    axisLine: { lineStyle: { color: line } },
    axisLabel: { color: ink, ...(data.across && { interval: 0, width: Math.min(LONGEST_NAME, width * 0.3), overflow: "truncate" }) },
  };
  const values = {
    type: "value",
    name: data.across ? undefined : data.unit,
    minInterval: 1,
    splitLine: { lineStyle: { color: line } },
    axisLabel: { color: ink },
  };
  return {
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
    color: ["--chart-1", "--chart-2", "--chart-3", "--chart-4", "--chart-5"].map(colour),
    animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    aria: { enabled: true, decal: { show: many, decals: PATTERNS } },
    grid: { left: 8, right: 16, top: many ? headOf(width) : data.unit ? 32 : 16, bottom: 8, containLabel: true },
    legend: many ? { top: 0, textStyle: { color: ink } } : undefined,
    // HTML tooltips carry inline styles, which the content security policy forbids
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      axisPointer: { type: data.kind === "line" ? "line" : "shadow" },
      valueFormatter: (value: unknown) => `${value ?? "—"} ${data.unit ?? ""}`,
    },
    xAxis: data.across ? values : names,
    yAxis: data.across ? names : values,
    series: data.series.map((series) => ({
      type: data.kind === "line" ? "line" : "bar",
      stack: data.kind === "stack" ? "all" : undefined,
      name: series.name,
      data: series.values,
      itemStyle: series.tone ? { color: colour(series.tone) } : undefined,
      cursor: series.links ? "pointer" : "default",
      barMaxWidth: data.across ? 18 : 32,
    })),
  };
}
