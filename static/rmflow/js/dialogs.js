// Dialogs, menus and the split view: data-open, data-close, data-split-open, data-split-back.
"use strict";
(() => {
  const openers = new WeakMap();

  rmflow.open = (dialog, opener = document.activeElement) => {
    if (!dialog || dialog.open) return;
    openers.set(dialog, opener);
    dialog.showModal();
    (dialog.querySelector("[data-focus]") ?? dialog.querySelector("input, textarea, select, button"))?.focus();
    dialog.dispatchEvent(new CustomEvent("rmflow:open", { bubbles: true }));
  };

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) {
      opener.closest("details.menu")?.removeAttribute("open");
      rmflow.open(document.getElementById(opener.dataset.open), opener);
      return;
    }
    if (event.target.closest("[data-close]")) {
      event.target.closest("dialog")?.close();
      return;
    }
    if (event.target.closest("[data-split-open]")) {
      event.target.closest(".split")?.classList.add("is-open");
      return;
    }
    const back = event.target.closest("[data-split-back]");
    if (back) {
      event.preventDefault();
      const split = back.closest(".split");
      split.classList.remove("is-open");
      split.querySelector(".split-list [aria-current]")?.focus();
      return;
    }
    // A click beside the palette closes it; other dialogs hold typed text and stay.
    if (event.target.matches?.("dialog.palette")) event.target.close();
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.removeAttribute("open");
    });
  });

  // `close` does not bubble: listen on the way down.
  document.addEventListener(
    "close",
    (event) => {
      const opener = openers.get(event.target);
      if (opener?.isConnected) opener.focus();
    },
    true,
  );

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.removeAttribute("open");
      menu.querySelector("summary").focus();
      return;
    }
    const split = document.querySelector(".split.is-open");
    if (split && !document.querySelector("dialog[open]") && !rmflow.typing(event.target)) {
      split.querySelector("[data-split-back]")?.click();
    }
  });
})();
