// Asked before it is done: a form with data-sure, and a link (data-leaves) away from text that is not saved.
"use strict";
(() => {
  const dialog = () => document.getElementById("sure-dialog");
  let go = null;

  function ask(title, text, label, then) {
    go = then;
    document.getElementById("sure-title").textContent = title;
    document.getElementById("sure-text").textContent = text;
    document.getElementById("sure-do").textContent = label;
    rmflow.open(dialog());
  }

  const given = (el) => {
    if (!el.dataset.sureGiven) return false;
    delete el.dataset.sureGiven;
    return true;
  };

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!form.dataset.sure || !dialog() || given(form)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const { submitter } = event;
      ask(form.dataset.sure, form.dataset.sureText ?? "", submitter?.textContent.trim() ?? "", () => {
        form.dataset.sureGiven = "1";
        form.requestSubmit(submitter);
      });
    },
    true,
  );

  const changed = (field) => {
    if (field.type === "hidden") return false;
    if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked;
    if (field.matches("select")) return [...field.options].some((option) => option.selected !== option.defaultSelected);
    return field.value !== field.defaultValue;
  };

  const unsaved = (root) =>
    [...(root?.querySelectorAll("form[method=post]") ?? [])].some((form) =>
      [...form.elements].some((field) => field.matches("input, select, textarea") && changed(field)),
    );

  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest?.("[data-leaves]");
      if (!link || !dialog() || given(link) || !unsaved(document.getElementById(link.dataset.leaves))) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const { lost, lostText, lostDo } = dialog().dataset;
      ask(lost, lostText, lostDo, () => {
        link.dataset.sureGiven = "1";
        link.click();
      });
    },
    true,
  );

  document.addEventListener("click", (event) => {
    if (event.target.id !== "sure-do") return;
    dialog().close();
    const then = go;
    go = null;
    then?.();
  });
})();
