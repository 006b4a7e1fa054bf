// Expired session: log in in place, then send the same request again. Typed text stays on the page;
// nothing of it is put into browser storage.
"use strict";
(() => {
  const body = document.body;
  const dialog = document.getElementById("login-dialog");
  const place = document.getElementById("login-in-place");
  const idle = Number(body.dataset.idle || 0) * 1000;
  if (!dialog || !idle || !body.dataset.login) return;

  const address = `${body.dataset.login}?in_place=1`;
  let last = Date.now(); // last contact that counts as activity
  let waiting = []; // what to do after the log-in

  function freshToken(token) {
    if (!token) return;
    body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((input) => (input.value = token));
  }

  function show(html) {
    place.innerHTML = html;
    if (!dialog.open) rmflow.open(dialog);
    place.querySelector("[aria-invalid=true], input:not([type=hidden])")?.focus();
  }

  /** True when the session lives; else the log-in stands on the screen. */
  async function alive() {
    let answer;
    try {
      answer = await fetch(address, { credentials: "same-origin", headers: { "HX-Request": "true" } });
    } catch {
      return true; // no network: let the request itself fail and say so
    }
    if (answer.status === 204) {
      freshToken(answer.headers.get("X-CSRFToken"));
      last = Date.now();
      return true;
    }
    if (answer.ok) show(await answer.text());
    else location.reload();
    return false;
  }

  async function logIn(form) {
    rmflow.sending(form.querySelector("[type=submit], button:not([type])"));
    // The second factor is a step of its own: the form says where it goes.
    const answer = await fetch(form.getAttribute("action") || address, {
      method: "POST",
      credentials: "same-origin",
      body: new FormData(form),
      headers: { "HX-Request": "true" },
    });
    if (answer.status !== 204) return show(await answer.text());
    freshToken(answer.headers.get("X-CSRFToken"));
    last = Date.now();
    place.replaceChildren();
    dialog.close();
    const again = waiting;
    waiting = [];
    again.forEach((run) => run());
    document.dispatchEvent(new Event("rmflow:signed-in"));
  }

  dialog.addEventListener("cancel", (event) => event.preventDefault()); // Esc must not uncover the page
  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    logIn(event.target).catch(() => rmflow.sent(event.target));
  });

  // Ordinary forms after the idle limit: ask first, send then.
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (dialog.contains(form) || form.method !== "post" || form.hasAttribute("hx-post") || "logout" in form.dataset) return;
      if (Date.now() - last < idle * 0.9 || form.dataset.checked) return void delete form.dataset.checked;
      event.preventDefault();
      event.stopImmediatePropagation();
      const by = event.submitter;
      const again = () => {
        form.dataset.checked = "1";
        form.requestSubmit(by);
      };
      alive().then((yes) => (yes ? again() : waiting.push(again)));
    },
    true,
  );

  document.addEventListener("htmx:responseError", (event) => {
    const { xhr, requestConfig, elt } = event.detail;
    if (xhr.status !== 401) return;
    const poll = elt.closest("[data-poll]") || requestConfig.headers["HX-Poll"];
    if (!poll) {
      const again = requestConfig.triggeringEvent;
      waiting.push(() => {
        if (elt.matches("form")) elt.requestSubmit(again?.submitter ?? undefined);
        else if (again?.type) htmx.trigger(elt, again.type);
      });
    }
    alive();
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && !event.detail.elt.closest("[data-poll]")) last = Date.now();
  });

  // When the time is over the page is covered, even if nobody touches it.
  setInterval(() => {
    if (!document.hidden && !dialog.open && Date.now() - last > idle + 2000) alive();
  }, 5000);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !dialog.open && Date.now() - last > idle) alive();
  });
})();
