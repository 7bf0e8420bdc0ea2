// Short messages in the corner.
//
// The server sends one with the header HX-Trigger: {"toast":{"kind":"success","text":"Assigned to you"}}; scripts call say().
// kind is success, info, warning or error. Errors stay until they are dismissed; the others leave after 6 s, unless the
// pointer or the focus is on them.
export function toasts(): void {
  document.addEventListener("toast", (event) => {
    const { kind, text } = (event as CustomEvent<{ kind?: string; text?: string }>).detail;
    if (text) say(kind ?? "info", text);
  });
}

/** A text of the page's [data-texts] element, by its camel-case name. */
export function text(name: string): string {
  return document.querySelector<HTMLElement>("[data-texts]")?.dataset[name] ?? "";
}

export function say(kind: string, message: string): void {
  const area = document.querySelector("[data-toasts]");
  if (!area || [...area.children].some((t) => t.firstChild?.textContent === message)) return;
  const toast = document.createElement("div");
  toast.className = `toast toast--${kind}`;
  const words = document.createElement("span");
  words.textContent = message;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "toast__close";
  close.textContent = "×";
  close.setAttribute("aria-label", text("dismiss"));
  close.addEventListener("click", () => toast.remove());
  toast.append(words, close);
  area.append(toast);
  if (kind !== "error") leave(toast);
}

function leave(toast: HTMLElement): void {
  setTimeout(() => {
    if (toast.matches(":hover, :focus-within")) leave(toast);
    else toast.remove();
  }, 6000);
}
