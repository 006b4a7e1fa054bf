// The lobby card as pairs of name and value: read, checked as far as a device can, filled again, emptied.
"use strict";
(() => {
  const form = () => document.getElementById("desk-form");
  const WAY = new Set(["csrfmiddlewaretoken", "idempotency_key", "offline_at", "sent_at", "owner"]);

  rmflow.card = {
    form,
    newKey: () => crypto.randomUUID().replaceAll("-", ""),
    key: () => document.getElementById("desk-key"),
    pairs: (data) => [...data.entries()].filter(([name]) => !WAY.has(name)),

    /** What is missing, as the name of a sentence; "" when the card can wait. */
    missing(pairs) {
      const values = (name) => pairs.filter(([n, value]) => n === name && value.trim()).map(([, value]) => value);
      const [end] = values("end");
      if (!values("cues").length) return "needCue";
      if (end === "introduce" && !values("manager").length) return "needManager";
      if (end === "card" && !(values("phone").length && values("agreed_on").length)) return "needCard";
      if (values("phone").length && !values("basis").length) return "needBasis";
      return "";
    },

    /** Empty the card for the next client; the manager chosen stays. */
    empty() {
      for (const field of form().elements) {
        if (field.type === "checkbox" && !field.hidden) field.checked = false;
        else if (field.type === "radio" && field.name !== "manager") field.checked = field.defaultChecked && !("again" in form().dataset);
        else if (field.matches("input[type=text]")) field.value = "";
        else if (field.matches("input[type=date], input[type=time]")) field.value = field.defaultValue;
        else if (field.matches("select")) field.selectedIndex = Math.max(0, [...field.options].findIndex((o) => o.defaultSelected));
      }
      form().querySelectorAll(".field-error, .form-errors").forEach((error) => error.remove());
      form().querySelectorAll("[aria-invalid]").forEach((field) => field.removeAttribute("aria-invalid"));
      document.getElementById("desk-repeat")?.replaceChildren();
      document.getElementById("desk-first")?.focus();
    },

    /** Put the pairs of a kept card back into the form. */
    fill(pairs) {
      for (const field of form().elements) {
        if (!field.name || field.type === "hidden" || field.matches("button")) continue;
        const values = pairs.filter(([name]) => name === field.name).map(([, value]) => value);
        if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
        else if (values.length) field.value = values[0];
      }
      const end = pairs.find(([name]) => name === "end")?.[1];
      const box = document.getElementById("id_card_open");
      if (box) box.checked = end === "card";
      form().dispatchEvent(new Event("change", { bubbles: true }));
    },

    /** Whether anything was typed or chosen. */
    touched: () =>
      [...form().elements].some(
        (field) =>
          (field.matches("input[type=text]") && field.value.trim()) || (field.name === "cues" && field.checked),
      ),
  };
})();
