/// <reference lib="webworker" />
/**
 * The service worker: what was built is kept on the phone, so that pages open fast on a bad line; without a network
 * one is told so, in our own words. Pages themselves are never kept: they hold what only their reader may see.
 */
declare const self: ServiceWorkerGlobalScope & { zhiben: { version: string; kept: string[]; offline: string } };

const { version, kept, offline } = self.zhiben;
const STORE = `zhiben-${version}`;
const BUILT = "/static/build/assets/";

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(STORE)
      .then((store) => store.addAll([...kept, offline]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== STORE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (new URL(request.url).pathname.startsWith(BUILT)) event.respondWith(built(request));
});

async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(offline)) ?? Response.error();
  }
}

/** A built file bears its content in its name: the one that is kept is the right one. */
async function built(request: Request): Promise<Response> {
  const store = await caches.open(STORE);
  const found = await store.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) await store.put(request, answer.clone());
  return answer;
}

export {};
