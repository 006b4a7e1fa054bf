// The bell: asks for news while the screen is seen, shows the count, tells the page. `data-poll` on
// #bell is the pace in seconds. Each news also runs as the event `rmflow:news` on the body.
"use strict";
(() => {
  const bell = document.getElementById("bell");
  if (!bell || bell.dataset.running) return;
  bell.dataset.running = "1";

  const PACE = Number(bell.dataset.poll) * 1000;
  const SLOWEST = 60000; // when polls fail
  const menu = document.getElementById("bell-menu");
  const panel = document.getElementById("bell-panel");
  const live = document.getElementById("bell-live");
  const title = document.title;
  let failures = 0;
  let timer = 0;
  let asking = false;

  const box = () => document.getElementById("bell-box");

  function showTitle() {
    const unread = Number(box().dataset.unread);
    document.title = unread ? `(${unread}) ${title}` : title;
  }

  function show(html) {
    const before = Number(box().dataset.unread);
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    box().replaceWith(fresh.content.firstElementChild);
    const unread = Number(box().dataset.unread);
    if (unread > before) live.textContent = box().dataset.news;
    if (menu.open) htmx.trigger(panel, "rmflow:bell-open");
    htmx.trigger(document.body, "rmflow:news", { unread });
  }

  async function ask() {
    const url = `${bell.dataset.pollUrl}?v=${encodeURIComponent(box().dataset.version)}`;
    const answer = await fetch(url, {
      credentials: "same-origin",
      redirect: "manual",
      signal: AbortSignal.timeout(10000),
      headers: { "HX-Request": "true", "X-Background": "1" },
    });
    if (answer.status === 401) return htmx.ajax("GET", url, { source: bell, swap: "none" }); // session.js
    if (answer.status === 200) show(await answer.text());
    else if (answer.status !== 204) throw new Error(`poll: ${answer.status}`);
  }

  async function poll() {
    clearTimeout(timer);
    if (document.hidden || asking) return;
    asking = true;
    try {
      await ask();
      failures = 0;
    } catch {
      failures += 1;
    }
    asking = false;
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(poll, Math.min(PACE * 2 ** Math.min(failures, 6), SLOWEST));
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : poll()));
  window.addEventListener("online", poll);
  menu.addEventListener("toggle", () => menu.open && htmx.trigger(panel, "rmflow:bell-open"));
  // The list's answer brings the count out of band; the title follows whoever changed it.
  new MutationObserver(showTitle).observe(bell, {
    childList: true,
    subtree: true,
    attributeFilter: ["data-unread"],
  });
  showTitle();
  timer = setTimeout(poll, PACE);
})();
