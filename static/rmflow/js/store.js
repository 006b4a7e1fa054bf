// What a device keeps in IndexedDB: sealed cards with their owner and key, and one sealing key a person that
// cannot be taken out of the browser. Nothing that was typed stands there in the clear. Needs HTTPS or localhost;
// elsewhere `rmflow.store` is not there and the desk says so.
"use strict";
window.rmflow = window.rmflow || {};
(() => {
  if (!window.isSecureContext || !window.indexedDB || !window.crypto?.subtle) return;
  const IV = 12;
  let opened = null;

  function open() {
    opened ??= new Promise((yes, no) => {
      const ask = indexedDB.open("rmflow", 1);
      ask.onupgradeneeded = () => {
        ask.result.createObjectStore("keys", { keyPath: "user" });
        ask.result.createObjectStore("queue", { keyPath: "n", autoIncrement: true });
        ask.result.createObjectStore("facts", { keyPath: "name" });
      };
      ask.onsuccess = () => yes(ask.result);
      ask.onerror = () => no(ask.error);
    });
    return opened;
  }

  async function run(name, mode, what) {
    const transaction = (await open()).transaction(name, mode);
    return new Promise((yes, no) => {
      const request = what(transaction.objectStore(name));
      transaction.oncomplete = () => yes(request?.result);
      transaction.onerror = transaction.onabort = () => no(transaction.error);
    });
  }

  /** The person's key; made once, not extractable. Two tabs at once end with the same one. */
  async function keyOf(user) {
    const found = await run("keys", "readonly", (store) => store.get(user));
    if (found) return found.key;
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    try {
      await run("keys", "readwrite", (store) => store.add({ user, key }));
      return key;
    } catch {
      return (await run("keys", "readonly", (store) => store.get(user))).key;
    }
  }

  const bound = (user, label) => new TextEncoder().encode(`${user}|${label}`);

  async function seal(user, label, value) {
    const iv = crypto.getRandomValues(new Uint8Array(IV));
    const plain = new TextEncoder().encode(JSON.stringify(value));
    const how = { name: "AES-GCM", iv, additionalData: bound(user, label) };
    const sealed = new Uint8Array(await crypto.subtle.encrypt(how, await keyOf(user), plain));
    const whole = new Uint8Array(IV + sealed.length);
    whole.set(iv);
    whole.set(sealed, IV);
    return whole.buffer;
  }

  async function unseal(user, label, data) {
    const whole = new Uint8Array(data);
    const how = { name: "AES-GCM", iv: whole.slice(0, IV), additionalData: bound(user, label) };
    const plain = await crypto.subtle.decrypt(how, await keyOf(user), whole.slice(IV));
    return JSON.parse(new TextDecoder().decode(plain));
  }

  const rows = () => run("queue", "readonly", (store) => store.getAll());

  rmflow.store = {
    /** Put a card into the queue. */
    async add(user, key, entry) {
      const data = await seal(user, key, entry);
      await run("queue", "readwrite", (store) => store.add({ user, key, data }));
    },
    /** One's own cards in the order of filing: [{n, key, entry}]. */
    async items(user) {
      const mine = (await rows()).filter((row) => row.user === user);
      return Promise.all(mine.map(async ({ n, key, data }) => ({ n, key, entry: await unseal(user, key, data) })));
    },
    /** How many cards wait: one's own and those of others who used this device. */
    async counts(user) {
      const all = await rows();
      const mine = all.filter((row) => row.user === user).length;
      return { mine, others: all.length - mine };
    },
    async change(user, { n, key }, entry) {
      const data = await seal(user, key, entry);
      await run("queue", "readwrite", (store) => store.put({ n, user, key, data }));
    },
    remove: (n) => run("queue", "readwrite", (store) => store.delete(n)),
    /** Who used the desk last with a network, and when. */
    owner: () => run("facts", "readonly", (store) => store.get("owner")),
    own: (user) => run("facts", "readwrite", (store) => store.put({ name: "owner", user, seen: Date.now() })),
    /** How the desk looked when it was last seen: managers and their states, sealed. */
    async keepDesk(user, desk) {
      const data = await seal(user, "desk", desk);
      await run("facts", "readwrite", (store) => store.put({ name: "desk", user, data }));
    },
    async desk(user) {
      const found = await run("facts", "readonly", (store) => store.get("desk"));
      return found?.user === user ? unseal(user, "desk", found.data) : null;
    },
    /** Forget a person: cards, key, how the desk looked. */
    async wipe(user) {
      const mine = (await rows()).filter((row) => row.user === user);
      await run("queue", "readwrite", (store) => mine.forEach((row) => store.delete(row.n)));
      await run("keys", "readwrite", (store) => store.delete(user));
      await run("facts", "readwrite", (store) => {
        store.delete("owner");
        store.delete("desk");
      });
    },
  };
})();
