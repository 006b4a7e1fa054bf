// The palette: what the server finds, then pages of the rail and buttons of this page that match.
"use strict";
(() => {
  const palette = document.getElementById("palette");
  if (!palette) return;
  const field = document.getElementById("palette-q");
  const found = document.getElementById("palette-found");
  const here = document.getElementById("palette-here");

  const rows = () => [...palette.querySelectorAll("[data-row]")];
  const first = () => rows().forEach((row, i) => row.classList.toggle("is-first", i === 0));

  function line(el) {
    const row = document.createElement(el.matches("a[href]") ? "a" : "button");
    row.className = "palette-row";
    row.dataset.row = "";
    const icon = el.querySelector("svg.icon")?.cloneNode(true);
    const text = document.createElement("span");
    text.textContent = rmflow.keyLabel(el);
    if (icon) row.append(icon);
    row.append(text);
    if (el.dataset.key) {
      const kbd = document.createElement("kbd");
      kbd.textContent = el.dataset.key.replaceAll("+", " ").toUpperCase();
      row.append(kbd);
    }
    if (row.matches("a")) row.href = el.href;
    else {
      row.type = "button";
      row.addEventListener("click", () => {
        palette.close();
        el.click();
      });
    }
    return row;
  }

  function fill() {
    const wanted = field.value.trim().toLowerCase();
    const all = [...document.querySelectorAll(".page-actions .btn, .rail a.rail-item, main [data-key]")];
    const fit = [...new Set(all)].filter((el) => el.getClientRects().length && rmflow.keyLabel(el).toLowerCase().includes(wanted));
    here.replaceChildren(...fit.slice(0, 8).map(line));
    first();
  }

  palette.addEventListener("rmflow:open", () => {
    field.value = "";
    found.replaceChildren();
    fill();
  });
  field.addEventListener("input", () => {
    if (!field.value.trim()) found.replaceChildren();
    fill();
  });
  document.addEventListener("rmflow:swapped", first);
  // an empty field asks the server nothing
  palette.querySelector("form").addEventListener("htmx:confirm", (event) => {
    if (!field.value.trim()) event.preventDefault();
  });

  palette.addEventListener("keydown", (event) => {
    const all = rows();
    const at = all.indexOf(document.activeElement);
    if (event.key === "ArrowDown") all[Math.min(at + 1, all.length - 1)]?.focus();
    else if (event.key === "ArrowUp") (at > 0 ? all[at - 1] : field).focus();
    else if (event.key === "Enter" && document.activeElement === field) {
      if (!field.form.classList.contains("htmx-request")) all[0]?.click(); // else the answer is on its way
    } else return;
    event.preventDefault();
  });
})();
