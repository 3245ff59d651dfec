/**
 * Where something is: taken from the device, from a photo, or marked on a map without tiles, on which the enterprise and
 * its sites are the landmarks. The two hidden fields of the form are what is sent; degrees of WGS 84.
 */
import "leaflet/dist/leaflet.css";
import type { Feature, FeatureCollection } from "geojson";
import L from "leaflet";

const DIGITS = 6;
const NEAR = 17;
const SENTENCES: Record<number, string> = {
  1: "浏览器没有允许取位置。请在浏览器设置里允许，或在图上标，或用照片的位置。",
  2: "暂时取不到位置。请到开阔处再试，或在图上标。",
  3: "取位置用时太长。请再试一次，或在图上标。",
};

export function mountPlace(box: HTMLElement): void {
  const form = box.closest("form")!;
  const latitude = box.querySelector<HTMLInputElement>("[name=latitude]")!;
  const longitude = box.querySelector<HTMLInputElement>("[name=longitude]")!;
  const said = box.querySelector<HTMLElement>("[data-place-said]")!;
  const clear = box.querySelector<HTMLButtonElement>("[data-clear-place]")!;
  const here = box.querySelector<HTMLElement>("[data-map-here]")!;
  let map: L.Map | null = null;
  let mark: L.CircleMarker | null = null;
  let known: L.GeoJSON | null = null;

  const put = (at: L.LatLng, words: string) => {
    latitude.value = at.lat.toFixed(DIGITS);
    longitude.value = at.lng.toFixed(DIGITS);
    said.textContent = `位置：${latitude.value}，${longitude.value}（${words}）。不准的话，在图上点一下正确的地方。`;
    clear.hidden = false;
    if (!map) return;
    mark ??= L.circleMarker(at, { radius: 9, className: "map-grade map-grade-1", bubblingMouseEvents: false }).addTo(map);
    mark.setLatLng(at);
  };
  const placed = () => (latitude.value ? L.latLng(Number(latitude.value), Number(longitude.value)) : null);

  const landmarks = async () => {
    if (!map) return;
    const key = form.querySelector<HTMLInputElement>("[name=enterprise]")?.value ?? "";
    const answer = await fetch(`${box.dataset["placePicker"]}?enterprise=${encodeURIComponent(key)}`).catch(() => null);
    if (!answer?.ok) return;
    known?.remove();
    known = L.geoJSON((await answer.json()) as FeatureCollection, {
      pointToLayer: (feature, at) => L.circleMarker(at, { radius: 6, className: `map-grade map-grade-${gradeOf(feature)}` }),
      onEachFeature: (feature, shape) => {
        const words = document.createElement("span");
        words.textContent = (feature.properties as { name: string }).name;
        shape.bindTooltip(words, { permanent: true, direction: "right" });
      },
    }).addTo(map);
    const at = placed();
    if (at) map.setView(at, NEAR);
    else if (known.getBounds().isValid()) map.fitBounds(known.getBounds(), { maxZoom: NEAR, padding: [24, 24] });
  };
  const open = () => {
    here.hidden = false;
    if (map) return;
    map = L.map(here, { attributionControl: false }).setView(placed() ?? [35, 105], placed() ? NEAR : 4);
    L.control.scale({ imperial: false }).addTo(map);
    map.on("click", (event) => put(event.latlng, "在图上标的"));
    const at = placed();
    if (at) put(at, "已填");
    void landmarks();
  };

  box.querySelector("[data-show-map]")?.addEventListener("click", open);
  box.querySelector("[data-locate]")?.addEventListener("click", () => {
    if (!window.isSecureContext || !navigator.geolocation) {
      said.textContent = "这个网址不是 https，浏览器不给位置。请在图上标，或用照片的位置。";
      return;
    }
    said.textContent = "正在取位置……";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        put(L.latLng(coords.latitude, coords.longitude), `设备定位，误差约 ${Math.round(coords.accuracy)} 米`);
        open();
        map?.setView(placed()!, NEAR);
      },
      (refusal) => (said.textContent = SENTENCES[refusal.code] ?? SENTENCES[2]!),
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 30_000 },
    );
  });
  clear.addEventListener("click", () => {
    latitude.value = longitude.value = "";
    mark?.remove();
    mark = null;
    clear.hidden = true;
    said.textContent = "还没有位置。照片带位置的，提交时自动采用。";
  });
  form.addEventListener("place", (event) => {
    const [lat, lon] = (event as CustomEvent<string>).detail.split(",").map(Number);
    put(L.latLng(lat!, lon!), "照片的位置");
    open();
    map?.setView(placed()!, NEAR);
  });
  form.addEventListener("enterprise-chosen", () => void landmarks());
  clear.hidden = !latitude.value;
}

function gradeOf(feature?: Feature): number {
  return (feature?.properties as { grade?: number } | undefined)?.grade ?? 0;
}
