// The page of a search, kept up to date while one types and chooses.
//
//   [data-found]                      what is exchanged: the results with their filters. data-url is its address, data-text
//                                     what the box holds when nobody types in it
//   a[data-refresh], form[data-refresh] inside   choose something: the results are exchanged without loading the page
//     [data-to-top]                   also go to the first result
//   [data-hits] with [data-row]       the results; an arrow down leads from the box to the first one and on, up and Escape lead
//                                     back. What was opened is kept in the address (#row), so that the way back ends there
//   [data-sheet-close="ID"]           folds what [data-toggle="ID"] unfolds; so does Escape inside
//
// The newest question wins: one that is under way is given up (hx-sync). Typing makes one step in the browser's history for
// each visit to the box, choosing one for each choice.
import htmx from "htmx.org";
import { say, text } from "./toasts";

const patience = 150; // ms without a key before the results are asked for
let timer = 0;
let typed = false; // this visit to the box has its step in the history

const found = (): HTMLElement | null => document.querySelector<HTMLElement>("[data-found]");
const box = (): HTMLInputElement | null => document.querySelector<HTMLInputElement>("[data-search-box]");

export function results(): void {
  document.addEventListener("input", (event) => {
    if (event.target === box() && !(event as InputEvent).isComposing) later();
  });
  document.addEventListener("compositionend", (event) => {
    if (event.target === box()) later();
  });
  document.addEventListener("focusin", (event) => {
    if (event.target === box()) typed = false;
  });
  document.addEventListener("click", clicked);
  document.addEventListener("submit", submitted);
  document.addEventListener("keydown", pressed);
  document.addEventListener("htmx:before:request", busy);
  document.addEventListener("htmx:before:swap", check);
  document.addEventListener("htmx:after:swap", arrived);
  // Back and forward between two states of this page.
  document.addEventListener("htmx:before:history:restore", (event) => {
    if (!found()) return;
    event.preventDefault();
    void ask(location.pathname + location.search, "replace");
  });
  addEventListener("pageshow", () => requestAnimationFrame(comeBack)); // the browser goes to the fragment first, and takes the focus away
}

function later(): void {
  clearTimeout(timer);
  if (found()) timer = window.setTimeout(search, patience);
}

function search(): void {
  const form = box()?.form;
  if (!form || !found()) return;
  const step = typed || location.search === "" ? "replace" : "push";
  typed = true;
  void ask(addressOf(form), step);
}

function addressOf(form: HTMLFormElement): string {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && value.trim() !== "") query.append(name, value);
  }
  const search = query.toString();
  return new URL(form.action).pathname + (search === "" ? "" : "?" + search);
}

function ask(address: string, step: "push" | "replace"): Promise<void> {
  clearTimeout(timer);
  return htmx.ajax("GET", address, { source: "[data-found]", target: "[data-found]", swap: "outerMorph", [step]: "true" });
}

function clicked(event: MouseEvent): void {
  const at = event.target instanceof Element ? event.target : null;
  const closer = at?.closest<HTMLElement>("[data-sheet-close]");
  if (closer) closeSheet(closer.dataset.sheetClose ?? "");
  const hit = at?.closest<HTMLElement>("[data-hits] [data-row]");
  if (hit && at?.closest("a")) history.replaceState(history.state, "", "#" + hit.id);
  const link = at?.closest<HTMLAnchorElement>("[data-found] a[data-refresh]");
  if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  link.closest("details[data-menu]")?.removeAttribute("open");
  void ask(link.pathname + link.search, "push").then(() => {
    if ("toTop" in link.dataset) go(rows()[0]);
    else if (!link.isConnected && document.activeElement === document.body) document.getElementById("found-title")?.focus();
  });
}

function submitted(event: SubmitEvent): void {
  const form = event.target instanceof HTMLFormElement ? event.target : null;
  if (form && form === box()?.form) clearTimeout(timer); // Enter is faster
  if (!form?.matches("[data-found] form[data-refresh]")) return;
  event.preventDefault();
  void ask(addressOf(form), "push");
}

function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || !found()) return;
  const at = event.target instanceof HTMLElement ? event.target : null;
  const sheet = at?.closest<HTMLElement>("[data-unfolded]");
  if (event.key === "Escape" && sheet?.closest("[data-found]")) return closeSheet(sheet.id);
  const all = rows();
  if (at === box()) {
    if (event.key !== "ArrowDown" || at?.getAttribute("aria-expanded") === "true" || all.length === 0) return;
    event.preventDefault();
    return go(all[0]);
  }
  const here = all.findIndex((row) => at !== null && row.contains(at));
  if (here < 0) return;
  if (event.key === "Escape" || (event.key === "ArrowUp" && here === 0)) {
    event.preventDefault();
    box()?.focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    go(all[here + (event.key === "ArrowDown" ? 1 : -1)]);
  }
}

const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>("[data-hits] [data-row]")];

function go(row: HTMLElement | undefined, preventScroll = false): void {
  if (!row) return;
  for (const other of rows()) other.toggleAttribute("data-current", other === row);
  row.querySelector<HTMLElement>("a[data-open]")?.focus({ preventScroll });
}

function closeSheet(id: string): void {
  const opener = document.querySelector<HTMLElement>(`[data-toggle="${id}"]`);
  opener?.click();
  opener?.focus();
}

// Whoever comes back from a ticket is where they left.
function comeBack(): void {
  const row = found() && location.hash !== "" ? document.getElementById(location.hash.slice(1)) : null;
  if (row?.matches("[data-hits] [data-row]")) go(row);
}

interface Swap extends Event {
  detail: { ctx?: { sourceElement?: Element; text?: string } };
}

function busy(event: Event): void {
  const source = (event as Swap).detail.ctx?.sourceElement;
  if (source?.matches("[data-found]")) source.setAttribute("aria-busy", "true");
}

// An answer that is no results, such as the page of an error, takes nothing away.
function check(event: Event): void {
  const ctx = (event as Swap).detail.ctx;
  if (!ctx?.sourceElement?.matches("[data-found]") || /data-found/.test(ctx.text ?? "")) return;
  event.preventDefault();
  ctx.sourceElement.removeAttribute("aria-busy");
  say("error", text("connectionLost"));
}

function arrived(event: Event): void {
  const at = found();
  if (!at || !(event as Swap).detail.ctx?.sourceElement?.matches("[data-found]")) return;
  if (at.dataset.url) history.replaceState(history.state, "", at.dataset.url);
  const field = box();
  if (field && field !== document.activeElement) field.value = at.dataset.text ?? "";
}
