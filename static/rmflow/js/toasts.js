// Toasts: eight seconds with undo; Ctrl Z presses the newest undo. Lines come from the server or from `toast()`.
"use strict";
window.rmflow = window.rmflow || {};
(() => {
  const SECONDS = 8;
  const box = () => document.getElementById("toasts");
  const words = () => document.getElementById("words")?.dataset ?? {};

  function leave(snack) {
    clearInterval(snack.timer);
    snack.classList.add("is-leaving");
    setTimeout(() => snack.remove(), 200);
  }

  function start(snack) {
    if (snack.timer) return;
    let left = SECONDS;
    const shown = snack.querySelector("[data-snack-left]");
    const tick = () => {
      if (snack.matches(":hover, :focus-within")) return; // being read or about to be undone
      if (left <= 0) return leave(snack);
      if (shown && snack.querySelector("[data-undo]")) shown.textContent = left;
      left -= 1;
    };
    tick();
    snack.timer = setInterval(tick, 1000);
  }

  rmflow.toast = (text, { state = "met", stay = false } = {}) => {
    const snack = document.createElement("div");
    snack.className = "snack";
    snack.dataset.snack = "";
    snack.setAttribute("role", state === "past" ? "alert" : "status");
    const line = document.createElement("span");
    line.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.dataset.snackClose = "";
    close.textContent = words().close ?? "×";
    snack.append(line, close);
    if (stay) snack.timer = -1;
    box()?.append(snack);
    return snack;
  };

  rmflow.undo = () => {
    const all = document.querySelectorAll("#toasts [data-undo]");
    all[all.length - 1]?.click();
    return all.length > 0;
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-snack-close]")) leave(event.target.closest("[data-snack]"));
  });
  document.addEventListener("rmflow:toast", (event) => {
    if (event.detail?.text) rmflow.toast(event.detail.text, { state: event.detail.state });
  });
  const watch = () => box()?.querySelectorAll("[data-snack]").forEach(start);
  if (box()) new MutationObserver(watch).observe(box(), { childList: true });
  watch();
})();
