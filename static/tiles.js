// The places on the tiles of the server that an operator named. Without this script the drawn map stands there instead.
const box = document.querySelector("[data-tiles]");
const { L } = window;
if (box && L) {
  const map = L.map(box, { scrollWheelZoom: false, zoomControl: false });
  L.control.zoom({ zoomInTitle: box.dataset.in, zoomOutTitle: box.dataset.out }).addTo(map);
  map.attributionControl.setPrefix(false);
  // Tile servers ask who calls: they are told the site, never the page.
  L.tileLayer(box.dataset.tiles, { maxZoom: 18, attribution: box.dataset.by, referrerPolicy: "origin" }).addTo(map);
  const points = [];
  for (const row of document.querySelectorAll("[data-lat]")) {
    const mark = document.createElement("a");
    mark.href = row.querySelector("a").href;
    mark.className = "tile-mark";
    mark.dataset.pillar = row.dataset.pillar;
    mark.title = row.dataset.told;
    mark.setAttribute("aria-label", row.dataset.told);
    const point = [Number(row.dataset.lat), Number(row.dataset.lon)];
    const icon = L.divIcon({ className: "tile-place", html: mark, iconSize: [44, 44] });
    L.marker(point, { icon, keyboard: false, interactive: false }).addTo(map);
    points.push(point);
  }
  map.fitBounds(points, { padding: [24, 24], maxZoom: 14 });
}
