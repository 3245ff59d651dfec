/**
 * Mounts a chart on `<figure data-chart="…json address…">`. The address answers
 * `{ "kind": "bar" | "line" | "stack", "unit": "件", "categories": [...], "series": [{ "name", "values", "links"? }] }`;
 * the figure's sentence and table are already in the page, so nothing is lost when the picture cannot be drawn.
 */
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, LineChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

type Series = { name: string; values: (number | null)[]; links?: (string | null)[] };
type Chart = { kind: "bar" | "line" | "stack"; unit?: string; categories: string[]; series: Series[] };

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export async function mountChart(figure: HTMLElement): Promise<void> {
  const place = figure.querySelector<HTMLElement>(".chart-picture") ?? figure;
  const answer = await fetch(figure.dataset["chart"]!, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) {
    place.textContent = "图没有画出来，请看下面的表。";
    return;
  }
  const data = (await answer.json()) as Chart;
  const chart = init(place);
  const draw = () => chart.setOption(optionOf(data), true);
  draw();
  chart.on("click", (point) => {
    const link = data.series[point.seriesIndex ?? 0]?.links?.[point.dataIndex];
    if (link) window.location.assign(link); // every number opens
  });
  new ResizeObserver(() => chart.resize()).observe(place);
  document.addEventListener("face:theme", draw);
}

function optionOf(data: Chart): EChartsCoreOption {
  const ink = colour("--ink-2");
  const line = colour("--line");
  return {
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
    color: ["--chart-1", "--chart-2", "--chart-3", "--chart-4", "--chart-5"].map(colour),
    animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    aria: { enabled: true, decal: { show: data.series.length > 1 } }, // patterns: readable in grey print
    grid: { left: 8, right: 16, top: data.series.length > 1 ? 44 : data.unit ? 32 : 16, bottom: 8, containLabel: true },
    legend: data.series.length > 1 ? { top: 0, textStyle: { color: ink } } : undefined,
    // HTML tooltips carry inline styles, which the content security policy forbids
    tooltip: { trigger: "axis", renderMode: "richText", valueFormatter: (value: unknown) => `${value ?? "—"} ${data.unit ?? ""}` },
    xAxis: { type: "category", data: data.categories, axisLine: { lineStyle: { color: line } }, axisLabel: { color: ink } },
    yAxis: { type: "value", name: data.unit, minInterval: 1, splitLine: { lineStyle: { color: line } }, axisLabel: { color: ink } },
    series: data.series.map((series) => ({
      type: data.kind === "line" ? "line" : "bar",
      stack: data.kind === "stack" ? "all" : undefined,
      name: series.name,
      data: series.values,
      barMaxWidth: 32,
    })),
  };
}
