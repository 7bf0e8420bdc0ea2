// The keyboard of the console. Keys are chosen where the page marks them:
//
//   [data-key="r"], [data-key="Shift+E"]   pressing the key clicks a button or link, opens a <details> or goes into a field
//   [data-list] with [data-row] inside     j and k go through the rows (the focus is on a row's a[data-open], else its first
//                                          link), o opens, x turns its input[data-select]; without a list, mark the links to
//                                          the next and previous ticket with data-key="j" and "k"
//   form[data-send]                        Ctrl or Cmd with Enter sends it, by its button[data-send-button] if there is one
//   [data-search-box]                      / goes there
//   [data-command-open]                    Ctrl or Cmd with K clicks it from anywhere, also while one types
//   input[data-single-keys]                switches single keys off and on; kept in this browser
//
// Single keys do nothing while one types, while a dialog is open, or with Ctrl, Alt or Cmd held.
const setting = "askwell-single-keys";

export function keyboard(): void {
  const box = document.querySelector<HTMLInputElement>("input[data-single-keys]");
  if (box) {
    box.checked = enabled();
    box.addEventListener("change", () => remember(box.checked));
  }
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return send(event);
    if (event.key === "Escape") return leaveField(event);
    if (commandK(event) && commandBar()) return event.preventDefault();
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event) || dialogOpen()) return;
    if (enabled() && press(event)) event.preventDefault();
  });
}

// Opens the command bar, or closes it again.
function commandBar(): boolean {
  const bar = document.querySelector<HTMLDialogElement>("dialog[data-command-bar]");
  if (bar?.open) bar.close();
  else if (dialogOpen() || !click(document.querySelector("[data-command-open]"))) return false;
  return true;
}

function commandK(event: KeyboardEvent): boolean {
  return event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
}

function enabled(): boolean {
  try {
    return localStorage.getItem(setting) !== "off";
  } catch {
    return true;
  }
}

function remember(on: boolean): void {
  try {
    localStorage.setItem(setting, on ? "on" : "off");
  } catch {
    // not kept: it holds for no longer than this page
  }
}

function typing(event: KeyboardEvent): boolean {
  const at = event.target;
  if (!(at instanceof HTMLElement)) return false;
  if (at instanceof HTMLInputElement) return !["checkbox", "radio", "button", "submit", "reset", "file"].includes(at.type);
  return at.isContentEditable || at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement;
}

const dialogOpen = (): boolean => document.querySelector("dialog[open]") !== null;

function send(event: KeyboardEvent): void {
  const form = event.target instanceof Element ? event.target.closest<HTMLFormElement>("form[data-send]") : null;
  if (!form) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector<HTMLButtonElement>("button[data-send-button]"));
}

// Escape goes from a field back to the page, so that single keys work again.
function leaveField(event: KeyboardEvent): void {
  if (typing(event) && !dialogOpen() && event.target instanceof HTMLElement && !(event.target instanceof HTMLSelectElement)) event.target.blur();
}

/** Does what the key stands for; false when it stands for nothing here. */
function press(event: KeyboardEvent): boolean {
  if (event.key === "/") return focus(document.querySelector<HTMLInputElement>("[data-search-box]"));
  const name = event.shiftKey && /^[a-z]$/i.test(event.key) ? "Shift+" + event.key.toUpperCase() : event.key.toLowerCase();
  if (name === "?") return click(document.querySelector("[data-dialog-open='keyboard-help']"));
  return row(name) || marked(name);
}

function row(name: string): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-list] [data-row]")];
  if (rows.length === 0 || !["j", "k", "o", "x"].includes(name)) return false;
  const at = rows.findIndex((r) => r.contains(document.activeElement) || r.hasAttribute("data-current"));
  if (name === "j" || name === "k") return visit(rows, name === "j" ? at + 1 : Math.max(at, 1) - 1);
  const current = rows[at];
  if (!current) return false;
  return click(name === "o" ? opener(current) : current.querySelector("input[data-select]"));
}

function visit(rows: HTMLElement[], to: number): boolean {
  const next = rows[Math.min(to, rows.length - 1)];
  if (!next) return false;
  for (const r of rows) r.toggleAttribute("data-current", r === next);
  opener(next)?.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function opener(row: HTMLElement): HTMLElement | null {
  return row.querySelector<HTMLElement>("a[data-open]") ?? row.querySelector<HTMLElement>("a[href]");
}

/** What the page marks with a key: what is to be seen of it first. */
export function behind(name: string): HTMLElement | null {
  const targets = [...document.querySelectorAll<HTMLElement>("[data-key]")].filter((e) => e.dataset.key === name);
  return targets.find((e) => e.checkVisibility?.() ?? e.offsetParent !== null) ?? targets[0] ?? null;
}

/** Does what a key stands for by the page's mark; false when nothing is marked. */
export function marked(name: string): boolean {
  const target = behind(name);
  if (!target) return false;
  if (target instanceof HTMLDetailsElement) {
    unfold(target);
    target.open = true;
    return focus(target.querySelector<HTMLElement>("input:not([type=hidden]), select, textarea, button, a[href]") ?? target.querySelector("summary"));
  }
  if (target.matches("input:not([type=checkbox]), textarea, select")) return focus(target);
  return click(target);
}

// What is folded away comes back for a key that leads into it.
function unfold(target: HTMLElement): void {
  const folded = target.closest<HTMLElement>("[data-folded]");
  if (folded) click(document.querySelector(`[data-toggle="${folded.id}"]`));
}

function click(target: Element | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  target.click();
  return true;
}

function focus(target: HTMLElement | null): boolean {
  if (!target) return false;
  target.focus();
  if (target instanceof HTMLInputElement) target.select();
  return true;
}
