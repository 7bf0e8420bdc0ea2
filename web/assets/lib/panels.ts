// What folds, opens and changes.
//
//   button[data-toggle="ID"]         folds the element of that id (attribute data-folded or data-unfolded on it) and keeps
//                                    aria-expanded; data-remember on the button keeps the choice in this browser
//   button[data-dialog-open="ID"]    opens that <dialog>; [data-dialog-close] inside closes it, so does a click beside it
//   details[data-menu]               a menu: closes on Escape and on a click elsewhere; one is open at a time
//   [role=tablist] with button[role=tab][aria-controls]   arrow keys, Home and End; a click goes into the panel's
//                                    textarea; a panel is a <div role=tabpanel> around its form
//   button[data-theme-switch]        light or dark, kept in the cookie askwell_theme that the server reads
export function panels(): void {
  restore();
  document.addEventListener("htmx:after:swap", restore);
  document.addEventListener("click", (event) => {
    const at = event.target instanceof Element ? event.target : null;
    if (!at) return;
    fold(at.closest<HTMLElement>("[data-toggle]"));
    dialog(at);
    closeMenus(at);
    const tab = at.closest<HTMLElement>("[role=tab]");
    if (tab) choose(tab, true);
    if (at.closest("[data-theme-switch]")) switchTheme();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") escape();
    if (event.target instanceof HTMLElement && event.target.matches("[role=tab]")) move(event, event.target);
  });
}

function restore(): void {
  for (const button of document.querySelectorAll<HTMLElement>("[data-toggle][data-remember]")) {
    const kept = read("askwell-fold:" + button.dataset.toggle);
    if (kept !== "") setFold(button, kept === "open");
  }
}

function fold(button: HTMLElement | null): void {
  if (!button) return;
  const open = !visible(button);
  setFold(button, open);
  if ("remember" in button.dataset) write("askwell-fold:" + button.dataset.toggle, open ? "open" : "folded");
}

function visible(button: HTMLElement): boolean {
  const target = document.getElementById(button.dataset.toggle ?? "");
  return target !== null && getComputedStyle(target).display !== "none";
}

function setFold(button: HTMLElement, open: boolean): void {
  const target = document.getElementById(button.dataset.toggle ?? "");
  target?.toggleAttribute("data-folded", !open);
  target?.toggleAttribute("data-unfolded", open);
  button.setAttribute("aria-expanded", String(open));
}

function dialog(at: Element): void {
  const opener = at.closest<HTMLElement>("[data-dialog-open]");
  if (opener) {
    const target = document.getElementById(opener.dataset.dialogOpen ?? "");
    if (target instanceof HTMLDialogElement && !target.open) target.showModal();
  }
  const open = at.closest<HTMLDialogElement>("dialog[open]");
  if (open && (at === open || at.closest("[data-dialog-close]"))) open.close();
}

function closeMenus(at: Element | null): void {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]")) {
    if (!at || !menu.contains(at)) menu.open = false;
  }
}

function escape(): void {
  const menu = document.activeElement?.closest<HTMLDetailsElement>("details[data-menu][open]");
  closeMenus(null);
  menu?.querySelector("summary")?.focus();
  const rail = document.querySelector<HTMLElement>("[data-toggle='rail'][aria-expanded='true']");
  if (rail) {
    setFold(rail, false);
    rail.focus();
  }
}

function choose(tab: HTMLElement, enter: boolean): void {
  for (const other of tab.closest("[role=tablist]")?.querySelectorAll<HTMLElement>("[role=tab]") ?? []) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    const panel = document.getElementById(other.getAttribute("aria-controls") ?? "");
    if (!panel) continue;
    panel.hidden = !chosen;
    if (chosen && enter) panel.querySelector<HTMLElement>("textarea")?.focus();
  }
}

function move(event: KeyboardEvent, tab: HTMLElement): void {
  const tabs = [...(tab.closest("[role=tablist]")?.querySelectorAll<HTMLElement>("[role=tab]") ?? [])];
  const at = tabs.indexOf(tab);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const next = tabs[(to + tabs.length) % tabs.length];
  if (!next) return;
  choose(next, false);
  next.focus();
}

function switchTheme(): void {
  const root = document.documentElement;
  const now = root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `askwell_theme=${root.dataset.theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}

function read(key: string): string {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // not kept beyond this page
  }
}
