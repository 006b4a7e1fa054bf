// Ticking times: data-since counts up, data-countdown counts down to zero. Values are ISO times.
"use strict";
(() => {
  const two = (n) => String(n).padStart(2, "0");

  function words(seconds) {
    const s = Math.max(0, Math.floor(seconds));
    const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
    return h ? `${h}:${two(m)}:${two(s % 60)}` : `${two(m)}:${two(s % 60)}`;
  }

  // The server's clock counts: a tablet may be minutes off. A page from the history has an old stamp.
  const [entry] = performance.getEntriesByType("navigation");
  const server = entry?.type === "back_forward" ? NaN : Date.parse(document.body.dataset.now ?? "");
  const ahead = (server || Date.now()) - Date.now();

  function tick() {
    if (document.hidden) return;
    const now = Date.now() + ahead;
    document.querySelectorAll("[data-since], [data-countdown]").forEach((el) => {
      const since = el.dataset.since;
      const at = Date.parse(since ?? el.dataset.countdown);
      if (Number.isNaN(at)) return;
      const text = words((since ? now - at : at - now) / 1000);
      if (el.textContent !== text) el.textContent = text;
    });
  }

  tick();
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);
  document.addEventListener("rmflow:swapped", tick);
})();
