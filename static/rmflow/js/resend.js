// The page after a login that hands the typed text back: send it at once.
"use strict";
document.querySelector("form[data-resend]")?.requestSubmit();
