// The board renews itself each minute while it is seen; when it cannot, its age says so in amber.
"use strict";
(() => {
  const LOOK = 60000;
  const OLD = 3;
  let missed = 0;
  const board = () => document.getElementById("board");
  const look = () => !document.hidden && board() && htmx.trigger(board(), "board:look");
  const mark = () => board()?.classList.toggle("is-old", missed >= OLD);

  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.id !== "board") return;
    missed = event.detail.successful ? 0 : missed + 1;
    mark();
  });
  // a wall has nobody to read a message: the age of the figures is the message
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(name, (event) => event.detail.elt.id === "board" && event.stopPropagation(), true);
  }
  setInterval(look, LOOK);
  document.addEventListener("visibilitychange", look);
})();
