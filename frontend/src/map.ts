/**
 * Mounts a map on `<figure data-map="…GeoJSON address…">`. No tiles and no internet: boundaries and points only.
 * Each feature carries `name`, `grade` (1–5), `label` (the grade in words) and, where it opens something, `link`.
 */
import "leaflet/dist/leaflet.css";
import type { Feature, FeatureCollection } from "geojson";
import L from "leaflet";

type Properties = { name: string; grade?: number; label?: string; link?: string };

const styleOf = (feature?: Feature): L.PathOptions => ({
  className: `map-grade map-grade-${(feature?.properties as Properties | undefined)?.grade ?? 0}`,
  weight: 1,
});

export async function mountMap(figure: HTMLElement): Promise<void> {
  const place = figure.querySelector<HTMLElement>(".map-picture") ?? figure;
  const answer = await fetch(figure.dataset["map"]!, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) {
    place.textContent = "地图没有画出来，请看旁边的列表。";
    return;
  }
  const shown = (await answer.json()) as FeatureCollection;
  if (!shown.features.length) {
    place.textContent = "没有登记位置的记录，图上没有可画的点。";
    place.classList.add("is-empty");
    return;
  }
  const map = L.map(place, { attributionControl: false, zoomSnap: 0.25 });
  const layer = L.geoJSON(shown, {
    style: styleOf,
    pointToLayer: (feature, at) => L.circleMarker(at, { radius: 6, ...styleOf(feature) }),
    onEachFeature: (feature, shape) => {
      const { name, label, link } = feature.properties as Properties;
      const words = document.createElement("span"); // text nodes: a name can never become markup
      words.textContent = label ? `${name}:${label}` : name;
      shape.bindTooltip(words, { sticky: true });
      if (link) shape.on("click", () => window.location.assign(link));
    },
  }).addTo(map);
  // one point has no extent: the map goes no nearer than a works and its surroundings
  if (layer.getBounds().isValid()) map.fitBounds(layer.getBounds(), { padding: [8, 8], maxZoom: 16 });
  else map.setView([35, 105], 4);
}
