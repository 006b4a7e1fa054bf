// The service worker: keeps the empty lobby card and its files, nothing else. What staff see of clients never
// passes through a cache. `KEPT` (version, page, assets, starts) is set by /sw.js, which imports this file.
"use strict";
const CACHE = `rmflow-desk-${KEPT.version}`;
const PATIENCE = 8000; // milliseconds; a lobby does not wait longer for a network that hangs
const AWAY = [502, 503, 504]; // what a proxy says when the house behind it is away

const assets = new Set(KEPT.assets);
const starts = new Set([...KEPT.starts, KEPT.page]);

async function keep() {
  const cache = await caches.open(CACHE);
  const fresh = [KEPT.page, ...KEPT.assets].map((url) => new Request(url, { cache: "no-cache", credentials: "same-origin" }));
  await cache.addAll(fresh);
  await self.skipWaiting();
}

async function tidy() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("rmflow-desk-") && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

const kept = async (url) => (await caches.open(CACHE)).match(url, { ignoreVary: true, ignoreSearch: true });

async function open(request) {
  try {
    const answer = await Promise.race([
      fetch(request),
      new Promise((_yes, no) => setTimeout(() => no(new Error("no answer")), PATIENCE)),
    ]);
    if (!AWAY.includes(answer.status)) return answer;
  } catch {
    // no network: the kept card
  }
  return (await kept(KEPT.page)) ?? Response.error();
}

async function file(request) {
  return (await kept(new URL(request.url).pathname)) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(tidy()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && starts.has(url.pathname)) event.respondWith(open(request));
  else if (request.mode !== "navigate" && assets.has(url.pathname)) event.respondWith(file(request));
});
