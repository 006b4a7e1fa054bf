// The day's list: the result chosen fills the next step, the form stands under its row on a phone,
// after a save the next row has the focus.
"use strict";
(() => {
  const phone = matchMedia("(max-width: 899px)");
  const sheet = () => document.getElementById("sheet");
  const form = () => document.querySelector("[data-record]");
  const two = (n) => String(n).padStart(2, "0");
  const iso = (day) => `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
  const date = (text) => new Date(`${text}T00:00`);

  /** 10月12日 周一, from the words the server sent. */
  function said(text, data) {
    const day = date(text);
    const short = data.monthDay.replace("{month}", day.getMonth() + 1).replace("{day}", day.getDate());
    return `${short} ${data.weekdays.split(" ")[(day.getDay() + 6) % 7]}`;
  }

  const place = (text, data) => Math.round((date(text) - date(data.today)) / 86400000);

  function nextWorking(text, data) {
    for (let at = place(text, data) + 1; at < data.calendar.length; at += 1) {
      if ("wm".includes(data.calendar[at])) {
        const day = date(data.today);
        day.setDate(day.getDate() + at);
        return iso(day);
      }
    }
    return "";
  }

  /** The hint under the next step: what the result means, and whether the day works. */
  function hint(el) {
    const data = el.dataset;
    const line = el.querySelector("[data-hint]");
    const chosen = el.querySelector("[name=result]:checked");
    const day = el.elements.next_on.value;
    const letter = day ? data.calendar[place(day, data)] : "";
    let text = "";
    if (letter === "o") {
      const after = nextWorking(day, data);
      text = data.off.replace("{date}", said(day, data)).replace("{date2}", after ? said(after, data) : "–");
    } else if (letter === "m") text = data.makeUp.replace("{date}", said(day, data));
    else if (!day) text = chosen?.dataset.says ?? "";
    line.textContent = text;
    line.hidden = !text;
    line.classList.toggle("is-off", letter === "o");
  }

  /** What the form says of itself: pressed day chips, the phone's one-line step, the hint. */
  function show(el) {
    const { next_on: on, next_at: at, next_channel: way } = el.elements;
    el.querySelectorAll(".record-when [data-copy-value]").forEach((chip) => {
      chip.setAttribute("aria-pressed", String(chip.dataset.copyValue === on.value));
    });
    const chosen = el.querySelector("[name=result]:checked");
    const closed = chosen && "closed" in chosen.dataset;
    el.querySelector(".record-next").classList.toggle("is-closed", Boolean(closed));
    el.querySelector("[data-clear-next]").hidden = !on.value || !chosen || "needs" in chosen.dataset;
    const line = el.querySelector("[data-said]");
    line.dataset.empty ??= line.textContent;
    const word = way.selectedOptions[0]?.value ? way.selectedOptions[0].text : "";
    line.textContent = on.value ? [word, said(on.value, el.dataset), at.value].filter(Boolean).join(" ") : line.dataset.empty;
    line.closest("button").classList.toggle("is-set", Boolean(on.value));
    hint(el);
  }

  /** A result proposes way, day and hour; what was changed by hand stays. */
  function propose(el, input) {
    const { next_on: on, next_at: at, next_channel: way } = el.elements;
    if ("closed" in input.dataset) {
      on.value = at.value = way.value = "";
      delete el.dataset.byHand;
    } else if (!el.dataset.byHand) {
      on.value = input.dataset.on;
      at.value = input.dataset.at;
      way.value = input.dataset.way;
    }
    show(el);
  }

  document.addEventListener("change", (event) => {
    const el = event.target.closest("[data-record]");
    if (!el) return;
    if (event.target.name === "result") return propose(el, event.target);
    if (["next_on", "next_at", "next_channel"].includes(event.target.name)) el.dataset.byHand = "1";
    show(el);
  });

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-fold], [data-whole], [data-step], [data-clear-next]");
    if (!target) return;
    const el = target.closest("[data-record]");
    if ("step" in target.dataset) return step(Number(target.dataset.step));
    if ("whole" in target.dataset) {
      const open = sheet().classList.toggle("is-whole");
      return target.setAttribute("aria-expanded", String(open));
    }
    if ("clearNext" in target.dataset) {
      el.elements.next_on.value = el.elements.next_at.value = el.elements.next_channel.value = "";
      el.dataset.byHand = "1";
      return show(el);
    }
    const name = `shows-${target.dataset.fold}`;
    el.classList.toggle(name);
    el.querySelectorAll(`[data-fold="${target.dataset.fold}"]`).forEach((button) => {
      button.setAttribute("aria-expanded", String(el.classList.contains(name)));
    });
    if (name === "shows-note" && el.classList.contains(name)) el.elements.findings.focus();
  });

  const rows = () => [...document.querySelectorAll("#today-list [data-row]")];

  /** Open the row before or after the one that is open. */
  function step(by) {
    const all = rows();
    const here = all.findIndex((row) => row.hasAttribute("aria-current"));
    const next = all[here + by];
    if (!next) return;
    next.scrollIntoView({ block: "nearest" });
    next.click();
    next.focus();
  }

  /** On a phone the sheet stands under its row; on a desk beside the list. */
  function settle() {
    const pane = sheet();
    const split = document.querySelector(".split.today");
    if (!pane || !split) return;
    const row = document.getElementById(`row-${pane.dataset.item}`);
    document.querySelectorAll(".row-sheet").forEach((li) => !li.contains(pane) && li.remove());
    if (phone.matches && row) {
      const old = pane.closest(".row-sheet");
      if (old?.previousElementSibling === row) return;
      const li = document.createElement("li");
      li.className = "row-sheet";
      row.after(li);
      li.append(pane);
      old?.remove();
    } else if (pane.parentElement !== split) {
      const old = pane.closest(".row-sheet");
      split.append(pane);
      old?.remove();
    }
  }

  /** The row whose sheet is open is the chosen one. */
  function mark() {
    const link = document.getElementById(`row-${sheet()?.dataset.item}-link`);
    rows().forEach((row) => row !== link && row.removeAttribute("aria-current"));
    link?.setAttribute("aria-current", "true");
    return link;
  }

  function ready() {
    settle();
    const el = form();
    if (el && !el.dataset.ready) {
      el.dataset.ready = "1";
      if (phone.matches) el.classList.add("is-folded");
      const failed = el.querySelector('.record-next [aria-invalid="true"], .field-error');
      if (el.elements.next_on.value) el.dataset.byHand = "1";
      if (failed) el.classList.add("shows-when", "shows-note");
      show(el);
    }
    const link = mark();
    if (link && "follows" in (sheet().dataset ?? {})) {
      delete sheet().dataset.follows;
      link.focus({ preventScroll: true });
      link.closest("li").scrollIntoView({ block: phone.matches ? "start" : "nearest" });
    }
  }

  document.addEventListener("rmflow:swapped", ready);
  document.addEventListener("htmx:afterSettle", ready);
  phone.addEventListener("change", ready);

  // On a desk the first row's sheet is open from the start; its phone stays masked until asked for.
  // A row pressed meanwhile replaces this request (hx-sync): the sheet asked for last is the one that stands.
  const first = rows()[0];
  if (first && sheet() && !sheet().dataset.item && matchMedia("(min-width: 1100px)").matches && window.htmx) {
    const url = new URL(first.getAttribute("href"), location.href);
    url.searchParams.set("peek", "1");
    const peek = { source: "#sheet", target: "#sheet", swap: "outerHTML" };
    htmx.ajax("GET", url.pathname + url.search, peek).catch(() => {}); // replaced by the row pressed
  }
  ready();
})();
