// Sends what waits on the device: in order, once each, with a fresh token, under the same person only. Runs on
// every page of those who are logged in, so that nothing waits because another page stands open.
"use strict";
(() => {
  const store = window.rmflow.store;
  const data = document.body.dataset;
  if (!store || !data.queue) return;
  const AGAIN = 10000;
  let timer = 0;

  const user = () => Number(document.body.dataset.user) || null;

  function tell(state, more = {}) {
    document.dispatchEvent(new CustomEvent("rmflow:queue", { detail: { state, ...more } }));
  }

  /** A token of the session that lives now; "" when one has to log in, null without a network. */
  async function token() {
    try {
      const answer = await fetch(`${data.login}?in_place=1`, {
        credentials: "same-origin",
        headers: { "HX-Request": "true", "X-Background": "1" },
        signal: AbortSignal.timeout(8000),
      });
      if (answer.status === 204) return answer.headers.get("X-CSRFToken");
      return answer.ok ? "" : null;
    } catch {
      return null;
    }
  }

  function post(address, pairs, csrf, key) {
    return fetch(address, {
      method: "POST",
      credentials: "same-origin",
      redirect: "error",
      headers: { "X-CSRFToken": csrf, "X-Requested-With": "fetch", "X-Background": "1", "Idempotency-Key": key },
      body: new URLSearchParams(pairs),
    });
  }

  /** What became of one card: "sent", "stop", "login" or "refused" (kept, with the reason). */
  async function send(item, csrf) {
    const way = [["owner", user()], ["offline_at", item.entry.at], ["sent_at", new Date().toISOString()]];
    let answer;
    try {
      answer = await post(data.queue, [...item.entry.pairs, ...way], csrf, item.key);
    } catch {
      return "stop";
    }
    if (answer.status === 201) return store.remove(item.n).then(() => "sent");
    if (answer.status === 401) return "login";
    if (answer.status !== 422 && answer.status !== 409) return "stop"; // busy, away, a token just replaced: later again
    const said = await answer.json().catch(() => null);
    if (!said || said.code === "other_user") return "login";
    await store.change(user(), item, { ...item.entry, problem: said.text });
    return "refused";
  }

  async function sendAll() {
    const items = (await store.items(user())).filter((item) => !item.entry.problem);
    if (!items.length) return tell("idle");
    const csrf = await token();
    if (!csrf) return tell(csrf === "" ? "login" : "offline");
    tell("sending");
    let sent = 0;
    for (const item of items) {
      const became = await send(item, csrf);
      if (became === "sent") sent += 1;
      if (became === "stop" || became === "login") return tell(became === "login" ? "login" : "offline", { sent });
    }
    return tell("idle", { sent });
  }

  async function flush() {
    clearTimeout(timer);
    if (!user()) return;
    const { mine } = await store.counts(user());
    if (mine) {
      // one tab sends, the others wait; the server keeps each key once in any case
      if (navigator.locks) await navigator.locks.request("rmflow-queue", { ifAvailable: true }, (lock) => lock && sendAll());
      else await sendAll();
      timer = setTimeout(flush, AGAIN);
    } else tell("idle");
  }

  rmflow.queue = {
    flush,
    token,
    post,
    async add(key, entry) {
      await store.add(user(), key, entry);
      tell("kept");
      clearTimeout(timer);
      timer = setTimeout(flush, AGAIN);
    },
  };

  window.addEventListener("online", flush);
  document.addEventListener("rmflow:signed-in", flush);
  document.addEventListener("visibilitychange", () => !document.hidden && flush());
  flush();
})();
