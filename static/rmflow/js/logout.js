// Logging out with unsent cards on the device asks first; throwing them away is put on record by the server.
"use strict";
(() => {
  const store = window.rmflow.store;
  const dialog = document.getElementById("unsent-dialog");
  const user = Number(document.body.dataset.user);
  if (!store || !dialog || !user) return;
  let form = null;
  let waiting = 0;

  async function leave() {
    await store.wipe(user);
    form.submit(); // past the submit event: nothing asks again
  }

  async function ask() {
    waiting = (await store.counts(user)).mine;
    if (!waiting) return leave();
    dialog.querySelector("[data-count]").textContent = dialog.dataset.title.replace("{n}", waiting);
    rmflow.open(dialog);
  }

  document.addEventListener(
    "submit",
    (event) => {
      if (!("logout" in event.target.dataset)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      form = event.target;
      ask().catch(() => form.submit());
    },
    true,
  );

  dialog.querySelector("[data-discard]").addEventListener("click", async () => {
    const items = await store.items(user).catch(() => []);
    const csrf = await rmflow.queue.token();
    const pairs = [["count", waiting], ["oldest_at", items[0]?.entry.at ?? ""]];
    const key = `discard-${items[0]?.key ?? crypto.randomUUID()}`.slice(0, 64);
    const answer = csrf && (await rmflow.queue.post(dialog.dataset.discard, pairs, csrf, key).catch(() => null));
    dialog.close();
    if (answer?.status === 201) return leave();
    rmflow.toast(dialog.dataset.failed, { state: "past" });
  });
})();
