// Forms: sent once, sending state, focus on the first error, filters that submit themselves, date shortcuts.
"use strict";
(() => {
  const words = () => document.getElementById("words")?.dataset ?? {};

  const submitOf = (form, submitter) =>
    submitter ?? form.querySelector("[type=submit]:not([disabled])") ?? form.querySelector("button:not([type])");

  rmflow.sending = (button) => {
    if (!button || button.classList.contains("is-sending") || button.matches(".rail-item, .menu-item, .filter")) return;
    button.style.width = `${button.offsetWidth}px`; // the width stays while the label changes
    const label = button.dataset.sending ?? document.body.dataset.sending;
    button.labelBefore = [...button.childNodes].map((node) => node.cloneNode(true));
    button.setAttribute("aria-disabled", "true");
    button.classList.add("is-sending");
    button.replaceChildren(label);
  };

  rmflow.sent = (root) => {
    const buttons = root.matches?.(".is-sending") ? [root] : root.querySelectorAll?.(".is-sending") ?? [];
    buttons.forEach((button) => {
      button.classList.remove("is-sending");
      button.removeAttribute("aria-disabled");
      button.removeAttribute("style"); // an empty one would be copied at the next swap, against the CSP
      if (button.labelBefore) button.replaceChildren(...button.labelBefore);
    });
    if (root.dataset) delete root.dataset.going;
  };

  rmflow.firstError = (root = document) => {
    const field = root.querySelector('[aria-invalid="true"]');
    const target = field?.matches("fieldset") ? field.querySelector("input") : field;
    target?.focus();
    return Boolean(target);
  };

  // Ordinary forms. `session.js` runs earlier (capture) and may stop a submit to ask for a log-in.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog" || "noGuard" in form.dataset) return;
    if (form.closest("[hx-post], [hx-get], [hx-put], [hx-patch], [hx-delete]") === form) return; // htmx guards below
    if (form.dataset.going) return event.preventDefault();
    if (form.method !== "post") return;
    form.dataset.going = "1";
    rmflow.sending(submitOf(form, event.submitter));
  });

  // Back from the next page: everything works again.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form").forEach(rmflow.sent);
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    const el = event.detail.elt;
    const verb = event.detail.requestConfig?.verb;
    if (verb === "get" || "noGuard" in (el.dataset ?? {})) return;
    if (el.dataset.going) return event.preventDefault();
    el.dataset.going = "1";
    const by = event.detail.requestConfig?.triggeringEvent?.submitter;
    rmflow.sending(el.matches("form") ? submitOf(el, by) : el.matches("button") ? el : null);
  });
  document.addEventListener("htmx:afterRequest", (event) => rmflow.sent(event.detail.elt));

  const failed = (key) => () => rmflow.toast(words()[key] ?? "", { state: "past" });
  document.addEventListener("htmx:sendError", failed("offline"));
  document.addEventListener("htmx:timeout", failed("offline"));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) return; // session.js
    failed(event.detail.requestConfig?.verb === "get" ? "changed" : "failed")();
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    const root = event.detail.elt;
    if (!root?.querySelector) return;
    document.dispatchEvent(new CustomEvent("rmflow:swapped", { detail: { target: root } }));
    if (event.detail.xhr?.status === 422 && rmflow.firstError(root)) return;
    (root.matches("[data-focus]") ? root : root.querySelector("[data-focus]"))?.focus();
  });

  let pause;
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-filter]");
    if (!form) return;
    clearTimeout(pause);
    pause = setTimeout(() => form.requestSubmit(), 150);
  });

  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy-value]");
    if (!copy) return;
    const field = document.getElementById(copy.dataset.target);
    if (!field) return;
    field.value = copy.dataset.copyValue;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });

  rmflow.firstError();
})();
