// The desk without a network. On the desk itself a card that could not be sent waits on the device; on the page the
// device keeps (data-alone) every card does. The strip says how many wait and what became of them.
"use strict";
(() => {
  const box = document.getElementById("desk-offline");
  if (!box) return;
  const words = box.dataset;
  const { store, queue, card } = rmflow;
  const alone = "alone" in words;
  const LASTS = 10 * 3600 * 1000; // a working day after the last log-in, as for sessions
  const LOOK = 10000;
  let lost = alone || !navigator.onLine;
  let state = "";
  let opened = null; // a refused card that was put back into the form

  const user = () => Number(document.body.dataset.user) || null;
  const two = (n) => String(n).padStart(2, "0");
  const clock = (moment) => `${two(moment.getHours())}:${two(moment.getMinutes())}`;

  function el(tag, css, text) {
    const made = document.createElement(tag);
    if (css) made.className = css;
    if (text) made.textContent = text;
    return made;
  }

  function icon(name) {
    const found = [...document.getElementById("offline-icons").content.children].find((svg) =>
      svg.querySelector("use").getAttribute("href").endsWith(`#${name}`),
    );
    return found.cloneNode(true);
  }

  function strip(css, name, bold, detail, end) {
    const made = el("div", `strip ${css}`);
    made.append(icon(name), el("b", "", bold));
    if (detail) made.append(el("span", "strip-detail", detail));
    if (end) {
      const side = el("span", "strip-end");
      side.append(end);
      made.append(side);
    }
    return made;
  }

  function link(text, href) {
    const made = el("a", "btn btn-small btn-today", text);
    made.href = href;
    return made;
  }

  function button(text, press) {
    const made = el("button", "btn btn-small", text);
    made.type = "button";
    made.addEventListener("click", press);
    return made;
  }

  /** One line a card: when, by which clue, what is with it; never who. */
  function row(item) {
    const line = el("li");
    const cue = item.entry.pairs.find(([name]) => name === "cues")?.[1];
    const label = [...(card.form()?.querySelectorAll("[name=cues]") ?? [])].find((input) => input.value === cue);
    line.append(el("span", "num", clock(new Date(item.entry.at))), el("span", "", label?.closest("label").textContent.trim() ?? ""));
    if (!item.entry.problem) {
      line.append(el("b", "", words.waits));
      return line;
    }
    line.append(el("b", "", words.needs), el("span", "", item.entry.problem));
    if (!alone) line.append(button(words.open, () => reopen(item)), button(words.discard, () => throwAway(item)));
    return line;
  }

  function list(items) {
    const made = el("ul", "offline-rows");
    made.append(...items.map(row));
    return made;
  }

  async function show() {
    if (!store) {
      if (alone || lost) box.replaceChildren(strip("strip-today", "cloud-off", words.lost, words.insecure));
      return;
    }
    const items = user() ? await store.items(user()).catch(() => []) : [];
    const { others } = await store.counts(user());
    const waiting = items.filter((item) => !item.entry.problem);
    const refused = items.filter((item) => item.entry.problem);
    const parts = [];
    const count = words.waiting.replace("{n}", waiting.length);
    if (alone && !user()) parts.push(strip("strip-today", "cloud-off", words.lost, words.nobody));
    else if (state === "login" && waiting.length) parts.push(strip("strip-today", "user", count, "", link(words.logIn, `${document.body.dataset.login}?next=/desk/`)));
    else if (lost) parts.push(strip("strip-today", "cloud-off", waiting.length ? `${words.lost} · ${count}` : words.lost, words.once));
    else if (alone) parts.push(strip("strip-met", "circle-check", words.back, "", link(words.toDesk, "/desk/")));
    else if (waiting.length) parts.push(strip("strip-today", "refresh", count, state === "sending" ? words.sending : words.once));
    if (waiting.length && parts.length) parts.at(-1).append(list(waiting));
    if (refused.length) {
      const made = strip("strip-past", "alert-triangle", `${words.needs} · ${refused.length}`);
      made.append(list(refused));
      parts.push(made);
    }
    if (others) parts.push(strip("strip-open", "users", words.others.replace("{n}", others)));
    box.replaceChildren(...parts);
    const note = document.querySelector(".desk-live-note");
    if (lost && note) note.textContent = words.asOf.replace("{time}", (words.time ||= clock(new Date())));
  }

  /** Keep a card on the device; true when it is there. */
  async function keep(pairs) {
    const missing = card.missing(pairs);
    if (missing) return rmflow.toast(words[missing], { state: "past" }), false;
    const key = card.key().value || card.newKey();
    try {
      if (opened) await store.remove(opened.n);
      await queue.add(key, { pairs, at: opened?.entry.at ?? new Date().toISOString() });
    } catch {
      return rmflow.toast(words.failed, { state: "past" }), false;
    }
    opened = null;
    card.key().value = card.newKey();
    card.empty();
    rmflow.toast(words.kept);
    return true;
  }

  function reopen(item) {
    opened = item;
    card.fill(item.entry.pairs);
    card.key().value = item.key;
    card.form().scrollIntoView({ block: "start" });
    // asks for the reason where one is needed, also when the same number was asked about a moment ago
    const asked = ["id_phone", "id_id_number"].map((id) => document.getElementById(id)).find((field) => field?.value);
    if (asked) htmx.ajax("POST", asked.getAttribute("hx-post"), { source: asked, target: "#desk-repeat", swap: "outerHTML" });
    document.getElementById("id_name")?.focus();
  }

  async function throwAway(item) {
    if (!window.confirm(words.discardAsk)) return;
    const csrf = await queue.token();
    const answer = csrf && (await queue.post(words.discardUrl, [["count", 1], ["oldest_at", item.entry.at]], csrf, `discard-${item.key}`.slice(0, 64)).catch(() => null));
    if (answer?.status !== 201) return void rmflow.toast(words.failed, { state: "past" });
    await store.remove(item.n);
    show();
  }

  // --- on the desk: what the network dropped, waits ---

  function dropped(event) {
    setLost(true);
    const { elt } = event.detail;
    if (elt?.closest?.("[data-poll]")) return event.stopPropagation(); // the strip says it already
    if (elt?.id !== "desk-form" || !store || !user()) return;
    event.stopPropagation(); // forms.js would say that nothing was kept
    keep(card.pairs(event.detail.requestConfig.formData));
  }

  function setLost(now) {
    if (lost === now) return;
    lost = now;
    if (now) words.time = clock(new Date());
    else {
      delete words.time;
      if (store) queue?.flush();
    }
    show();
  }

  function onDesk() {
    document.addEventListener("htmx:sendError", dropped, true);
    document.addEventListener("htmx:timeout", dropped, true);
    document.addEventListener("htmx:afterRequest", (event) => event.detail.successful && setLost(false));
    document.addEventListener("htmx:configRequest", (event) => {
      if (event.detail.elt.id !== "desk-form" || !opened) return;
      event.detail.parameters.offline_at = opened.entry.at;
      event.detail.parameters.sent_at = new Date().toISOString();
    });
    document.addEventListener("desk:filed", async () => {
      if (opened) await store.remove(opened.n);
      opened = null;
      show();
    });
    if (!store) return;
    store.own(user());
    const watch = () => store.keepDesk(user(), seen()).catch(() => {});
    document.addEventListener("htmx:oobAfterSwap", (event) => event.detail.target.id === "desk-managers" && watch());
    watch();
  }

  /** How the desk looks now, without clients: who receives, in which state, who stands here. */
  function seen() {
    const people = [...document.querySelectorAll("#desk-managers label.choice")].map((label) => ({
      pk: label.querySelector("input").value,
      name: label.querySelector("b").textContent,
      word: label.querySelector(".state-text").textContent.trim(),
      state: label.querySelector(".state-text").className,
      icon: label.querySelector("use").getAttribute("href").split("#")[1],
      out: label.classList.contains("choice-off"),
      does: label.querySelector("input").dataset.do,
    }));
    return { time: clock(new Date()), people, post: document.getElementById("desk-post-line")?.textContent.trim() ?? "" };
  }

  // --- on the kept page: every card waits ---

  function person(one, first) {
    const label = el("label", `choice choice-card${one.out ? " choice-off" : ""}`);
    const input = el("input");
    Object.assign(input, { type: "radio", name: "manager", value: one.pk, id: `manager-${one.pk}`, checked: first });
    input.dataset.do = one.does;
    const state = el("span", one.state);
    state.append(icon(one.icon), one.word);
    const face = el("span");
    face.append(el("b", "", one.name), state);
    label.append(input, face);
    return label;
  }

  async function standAlone() {
    const owner = store && (await store.owner());
    const known = owner && Date.now() - owner.seen < LASTS;
    document.body.classList.toggle("is-nobody", !known);
    if (!known) return show();
    document.body.dataset.user = owner.user;
    const desk = await store.desk(owner.user).catch(() => null);
    if (desk) {
      words.time = desk.time;
      document.getElementById("desk-post-line").textContent = desk.post;
      const people = el("div", `desk-people${desk.people.length > 3 ? " scroll-x" : ""}`);
      people.append(...desk.people.map((one, n) => person(one, n === 0)));
      document.querySelector("#desk-managers p")?.replaceWith(people);
      document.querySelector("#desk-managers input:checked")?.dispatchEvent(new Event("change", { bubbles: true }));
    }
    card.key().value = card.newKey();
    queue.flush();
    setInterval(probe, LOOK);
    show();
    probe();
  }

  /** The house answers again: back to the desk at once, unless a card is being filled in. */
  async function probe() {
    if (document.hidden) return;
    const csrf = await queue.token();
    setLost(csrf === null);
    if (!csrf || card.touched()) return;
    const { mine } = await store.counts(user());
    if (!mine) location.replace("/desk/");
  }

  function sendAlone(event) {
    if (event.target.id !== "desk-form") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (store && user()) keep(card.pairs(new FormData(event.target, event.submitter)));
  }

  document.addEventListener("rmflow:queue", (event) => {
    state = event.detail.state;
    if (event.detail.sent) {
      rmflow.toast(words.sent.replace("{n}", event.detail.sent));
      if (!alone) {
        htmx.trigger("#desk-live", "desk:look");
        htmx.ajax("GET", document.getElementById("desk-list").dataset.listUrl, { target: "#desk-list", swap: "outerHTML" });
      }
    }
    show();
  });
  window.addEventListener("offline", () => setLost(true));
  window.addEventListener("online", () => (alone ? probe() : setLost(false)));

  if (window.isSecureContext) navigator.serviceWorker?.register("/sw.js", { scope: "/" });
  if (alone) {
    document.addEventListener("submit", sendAlone, true);
    standAlone();
  } else onDesk();
  show();
})();
