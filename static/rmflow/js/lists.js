// Lists: J and K move, Enter opens (the row is a link), digits choose chips, the chosen row is marked at once.
"use strict";
(() => {
  const shown = (el) => el.getClientRects().length > 0;
  const rows = () => [...document.querySelectorAll("[data-list] [data-row]")].filter(shown);

  rmflow.move = (step) => {
    const all = rows();
    if (!all.length) return false;
    const focused = all.indexOf(document.activeElement.closest?.("[data-row]"));
    const here = focused >= 0 ? focused : all.findIndex((row) => row.hasAttribute("aria-current"));
    const next = all[Math.min(all.length - 1, Math.max(0, here + step))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  };

  rmflow.digit = (number) => {
    const groups = [...document.querySelectorAll("[data-digits]")].filter(shown);
    const input = groups[0]?.querySelectorAll("input:not(:disabled)")[number - 1];
    input?.click();
    input?.focus();
    return Boolean(input);
  };

  // A row that loads its sheet is the chosen one; the others are not.
  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-list] [data-row][hx-get]");
    if (!row) return;
    row.closest("[data-list]").querySelectorAll("[data-row][aria-current]").forEach((el) => el.removeAttribute("aria-current"));
    row.setAttribute("aria-current", "true");
    row.closest(".split")?.classList.add("is-open");
  });

  // The current tab of a strip that scrolls sideways stands in sight: once, then the finger has it.
  let current = null;
  const tab = () => {
    const found = document.querySelector(".tabs > [aria-current]");
    if (!found || found === current) return;
    current = found;
    const strip = found.parentElement;
    const from = found.getBoundingClientRect().left - strip.getBoundingClientRect().left;
    strip.scrollLeft += from - (strip.clientWidth - found.offsetWidth) / 2;
  };
  document.addEventListener("rmflow:swapped", tab);
  tab();
})();
