// Keys are read from data-key on links and buttons: "n", "Ctrl+Enter", "[". Single letters rest while one types
// and can be switched off. Hold Alt: each key stands on its button. "?": the list of keys.
"use strict";
(() => {
  const FIELDS = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";
  rmflow.typing = (el) => Boolean(el?.matches?.(FIELDS));

  const SWITCH = "rmflow.keys"; // holds "off" or nothing; no personal data
  const single = () => localStorage.getItem(SWITCH) !== "off";
  const shown = (el) => el.getClientRects().length > 0 && !el.disabled;
  const scope = () => document.querySelector("dialog[open]") ?? document;

  function name(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const ctrl = event.ctrlKey || event.metaKey ? "ctrl+" : "";
    const shift = event.shiftKey && event.key.length > 1 ? "shift+" : "";
    return (ctrl + shift + key).toLowerCase();
  }

  const find = (wanted) =>
    [...scope().querySelectorAll("[data-key]")].find((el) => el.dataset.key.toLowerCase() === wanted && shown(el));

  function press(el) {
    if (el.matches(FIELDS)) el.focus();
    else el.click();
  }

  /** What a key without a button of its own does. Returns true when it did something. */
  function common(wanted, plain) {
    if (wanted === "ctrl+k") return rmflow.open(document.getElementById("palette")), true;
    if (wanted === "ctrl+enter") {
      const form = document.activeElement?.closest?.("form");
      const primary = form?.querySelector("[data-primary], .btn-primary") ?? [...scope().querySelectorAll("[data-primary]")].find(shown);
      return primary ? (primary.click(), true) : false;
    }
    if (!plain) return false;
    if (wanted === "ctrl+z") return rmflow.undo();
    if (wanted === "?") return rmflow.open(document.getElementById("key-help")), true;
    if (!single() || scope() !== document) return false;
    if (wanted === "j") return rmflow.move(1);
    if (wanted === "k") return rmflow.move(-1);
    if (/^[1-9]$/.test(wanted)) return rmflow.digit(Number(wanted));
    return false;
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Alt") return document.documentElement.classList.add("show-keys");
    if (event.isComposing || event.altKey || event.defaultPrevented) return; // a Chinese input method is at work
    const wanted = name(event);
    const plain = !rmflow.typing(event.target);
    const modified = wanted.startsWith("ctrl+");
    const el = modified || (plain && single()) ? find(wanted) : null;
    if (el) {
      event.preventDefault();
      return press(el);
    }
    if (common(wanted, plain)) event.preventDefault();
  });

  const hide = () => document.documentElement.classList.remove("show-keys");
  document.addEventListener("keyup", (event) => event.key === "Alt" && hide());
  window.addEventListener("blur", hide);

  function label(el) {
    if (el.dataset.keyLabel) return el.dataset.keyLabel;
    const copy = el.cloneNode(true);
    copy.querySelectorAll("kbd, svg, .digit, .rail-count").forEach((part) => part.remove());
    return copy.textContent.trim().replace(/\s+/g, " ") || el.getAttribute("aria-label") || "";
  }
  rmflow.keyLabel = label;

  document.getElementById("key-help")?.addEventListener("rmflow:open", () => {
    const list = document.getElementById("key-help-here");
    const lines = [...document.querySelectorAll(".page [data-key], [data-key].rail-item")].filter(shown).map((el) => {
      const li = document.createElement("li");
      const kbd = document.createElement("kbd");
      const text = document.createElement("span");
      kbd.textContent = el.dataset.key.length === 1 ? el.dataset.key.toUpperCase() : el.dataset.key.replaceAll("+", " ");
      text.textContent = label(el);
      li.append(kbd, text);
      return li;
    });
    list.replaceChildren(...lines);
    list.previousElementSibling.hidden = lines.length === 0;
  });

  const box = document.getElementById("keys-switch");
  if (box) {
    box.checked = single();
    box.addEventListener("change", () => (box.checked ? localStorage.removeItem(SWITCH) : localStorage.setItem(SWITCH, "off")));
  }
})();
