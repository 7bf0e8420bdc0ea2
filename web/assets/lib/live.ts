// htmx 4 (attributes hx-get, hx-post, hx-target, hx-swap, hx-sse:connect ...), set up in console.html's meta htmx-config.
// Under our content security policy there is no eval: hx-on, js: values and trigger filters do not work, use a module.
// A swap that morphs leaves what the reader has opened, folded or moved to as it is (morphIgnore).
// Answers of 4xx and 5xx are swapped in too, so a form with errors answers 422 with itself. 204 swaps nothing.
import htmx from "htmx.org";
import { say, text } from "./toasts";

(globalThis as unknown as { htmx: unknown }).htmx = htmx;

// Network failure or time-out: nothing was swapped, so say it. What was typed stays where it is.
document.addEventListener("htmx:error", (event) => {
  const { error } = (event as CustomEvent<{ error?: unknown }>).detail;
  if (error instanceof TypeError || error instanceof DOMException) say("error", text("connectionLost"));
});

// A row that htmx exchanged under the cursor loses the focus: give it to the row of the same id.
let focused = "";
document.addEventListener("htmx:before:swap", () => {
  focused = document.activeElement?.id ?? "";
});
document.addEventListener("htmx:after:swap", () => {
  if (focused !== "" && document.activeElement === document.body) document.getElementById(focused)?.focus({ preventScroll: true });
});
