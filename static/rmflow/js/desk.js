// The lobby desk: Enter goes on to the next field, the primary names the chosen manager, states are asked for
// every 15 seconds while the screen is seen. All of it works without; this makes it quick.
"use strict";
(() => {
  const LOOK = 15000;
  const shown = (el) => el.getClientRects().length > 0 && !el.disabled;
  const card = () => document.getElementById("desk-form");
  const inputs = "input:not([type=hidden]), select, button, textarea";

  // Enter: the first field of the next group; on the last one it stands on the primary, which Enter presses.
  function next(el) {
    const stops = [...card().querySelectorAll("[data-stop]")].filter(shown);
    const here = stops.findIndex((stop) => stop.contains(el));
    const stop = stops.slice(here + 1).find((candidate) => !candidate.contains(el));
    if (!stop) return false;
    const target = stop.matches(inputs) ? stop : stop.querySelector("input:checked") ?? [...stop.querySelectorAll(inputs)].find(shown);
    target?.focus();
    target?.select?.();
    return Boolean(target);
  }

  document.addEventListener("keydown", (event) => {
    const el = event.target;
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
    if (!card()?.contains(el) || !el.matches("input, select")) return;
    event.preventDefault();
    next(el);
  });

  // The primary says to whom.
  function name() {
    const label = document.getElementById("desk-introduce-label");
    if (!label || label.closest(".is-sending")) return;
    const chosen = card().querySelector("[name=manager]:checked");
    label.textContent = chosen?.dataset.do ?? label.dataset.none;
  }

  document.addEventListener("change", (event) => {
    if (event.target.name === "manager") {
      document.getElementById("desk-picked").value = "1";
      name();
    }
    if (event.target.id === "id_card_open" && event.target.checked) {
      const phone = document.getElementById("id_phone");
      const basis = document.getElementById("id_basis");
      (phone.value.trim() ? (basis.checked ? card().querySelector(".desk-save-card") : basis) : phone).focus();
    }
    if (event.target.id === "id_more" && event.target.checked) document.getElementById("id_id_number").focus();
  });
  document.addEventListener("htmx:oobAfterSwap", name);
  document.addEventListener("rmflow:swapped", name);

  // Filed: the card is empty again at once; figures, managers and the list follow.
  function empty(form) {
    if (form.dataset.again || document.querySelector("#desk-repeat > *")) {
      htmx.ajax("GET", form.dataset.again || form.dataset.fresh, { target: "#desk-form", swap: "outerHTML" });
      return;
    }
    form.reset();
    document.getElementById("desk-picked").value = "0";
    document.getElementById("desk-first")?.focus();
    name();
  }

  document.addEventListener("desk:filed", (event) => {
    empty(card());
    look();
    const list = document.getElementById("desk-list");
    const address = `${list?.dataset.listUrl}&fresh=${event.detail.slip}`;
    if (list) htmx.ajax("GET", address, { target: "#desk-list", swap: "outerHTML" });
  });

  document.addEventListener("desk:changed", () => document.getElementById("duty-dialog")?.close());

  // An open menu is not swapped away under the finger.
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target.querySelector?.("details[open]")) event.detail.shouldSwap = false;
  });

  const look = () => !document.hidden && document.getElementById("desk-live") && htmx.trigger("#desk-live", "desk:look");
  setInterval(look, LOOK);
  document.addEventListener("visibilitychange", look);
  name();
})();
