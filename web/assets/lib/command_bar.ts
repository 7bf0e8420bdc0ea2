// The command bar: one field that searches and finds commands, over any page of the console.
//
//   dialog[data-command-bar]               the bar; [data-command-open] opens it, and so does the key of lib/keys.ts
//   [data-command="TEXT"]                  a button or link that the bar offers under this text
//   [data-press="KEY"] in #keyboard-help   a line of the keys' help, offered where the page has something with this data-key:
//                                          under its text, or under its data-command
//
// The bar does nothing of its own: a command clicks the page's button, so who has no button has no command.
import { behind, marked } from "./keys";
import { beginsLike } from "./operators";
import { element, group, option, options, type Options } from "./options";
import { phrase } from "./phrases";
import { forget, forgetAll, recentSearches, remember } from "./recent";
import { text } from "./toasts";

interface Command {
  label: string;
  keys: Node[];
  icon: Element | null;
  run(): void;
}

const patience = 5000; // then the bar says that search does not answer
const slow = 400; // from here on it says that it searches
const pause = 120; // between the last key and the search

export function commandBar(): void {
  const bar = document.querySelector<HTMLDialogElement>("dialog[data-command-bar]");
  const field = bar?.querySelector<HTMLInputElement>("input");
  const list = bar?.querySelector<HTMLElement>("[role=listbox]");
  if (!bar || !field || !list) return;
  const hits = searcher(bar);
  const offered = options(field, list, {
    take(taken) {
      const { href, recent, clear } = taken.dataset;
      if (href) return open(href, words());
      if (clear !== undefined) return void forgetAll().then(refresh);
      if (recent !== undefined) field.value = recent;
      const command = runs.get(taken);
      if (!command) return field.form?.requestSubmit();
      bar.close();
      setTimeout(() => command.run()); // the click that chose it is over then, and closes nothing that opens
    },
    remove: (removed) => void forget(removed.dataset.recent ?? "").then(refresh),
  });

  let runs = new Map<HTMLElement, Command>();
  let all: Command[] = [];
  const commandsOnly = (): boolean => field.value.trimStart().startsWith(">");
  const words = (): string => field.value.trim().replace(/^>\s*/, "");

  const show = (wanted: string, recent: string[]): void => {
    runs = new Map(all.filter((c) => beginsLike(c.label, wanted)).map((c) => [option(c.label, { icon: c.icon ?? "chevron_right", keys: c.keys }), c]));
    const parts: HTMLElement[] = [];
    if (recent.length > 0) parts.push(group(text("recent"), [...recent.map(searched), cleared()]));
    if (runs.size > 0) parts.push(group(text("commands"), [...runs.keys()]));
    if (wanted !== "" && !commandsOnly()) parts.push(everything(wanted));
    offered.show(...parts);
    if (wanted !== "") offered.choose(offered.all()[0] ?? null);
    hits.say(parts.length === 0 ? text("noCommand") : "");
    count(bar, offered);
  };
  const refresh = (): void => {
    const wanted = words();
    hits.stop();
    show(wanted, []);
    if (commandsOnly()) return;
    if (wanted !== "") return hits.find(wanted, (found) => add(list, offered, found));
    void recentSearches().then(
      (recent) => {
        if (bar.open && field.value.trim() === "" && !offered.chosen()) show("", recent);
      },
      () => undefined, // the commands are there without them
    );
  };

  field.addEventListener("input", refresh);
  field.form?.addEventListener("submit", (event) => {
    if (words() === "" || commandsOnly()) event.preventDefault();
  });
  bar.addEventListener("close", () => {
    if (!bar.open) hits.stop(); // the event comes later than the key, and the bar may be open again
  });
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element && event.target.closest("[data-command-open]")) || bar.open) return;
    all = commands();
    field.value = "";
    bar.showModal();
    refresh();
  });
}

/** What the page offers: its own first, then the ways elsewhere, then what is always there. */
function commands(): Command[] {
  const pressed = [...document.querySelectorAll<HTMLElement>("#keyboard-help [data-press]")].flatMap((line) => {
    const key = line.dataset.press ?? "";
    const target = behind(key);
    if (!target) return [];
    const keys = [...(line.querySelector("dt")?.childNodes ?? [])].map((k) => k.cloneNode(true));
    return [{ label: line.dataset.command ?? line.querySelector("dd")?.textContent ?? "", keys, icon: target.querySelector(".icon"), run: () => void marked(key) }];
  });
  const labelled = (where: string): Command[] =>
    [...document.querySelectorAll<HTMLElement>(where + " [data-command]")].map((e) => ({
      label: e.dataset.command ?? "", keys: e.ariaKeyShortcuts ? [element("kbd", "", e.ariaKeyShortcuts)] : [], icon: e.querySelector(".icon"), run: () => e.click(),
    }));
  return [...pressed, ...labelled("main"), ...labelled(".rail"), ...labelled(".topbar")];
}

function searched(of: string): HTMLElement {
  const made = option(of, { icon: "history", removable: true });
  made.dataset.recent = of;
  return made;
}

function cleared(): HTMLElement {
  const made = option(text("recentClear"), { icon: "delete" });
  made.dataset.clear = "";
  return made;
}

function everything(wanted: string): HTMLElement {
  const made = option(phrase(text("allResults"), { text: wanted }), { icon: "search" });
  made.dataset.everything = "";
  return made;
}

function open(href: string, words: string): void {
  void remember(words);
  location.assign(href);
}

function add(list: HTMLElement, offered: Options, found: HTMLElement): void {
  const bar = list.closest("dialog");
  const before = offered.chosen();
  const first = before === null || before === offered.all()[0];
  list.querySelector("[data-everything]")?.before(found);
  offered.choose(first ? (offered.all()[0] ?? null) : before);
  if (bar) count(bar, offered);
}

function count(bar: HTMLElement, offered: Options): void {
  const status = bar.querySelector("[data-command-status]");
  if (status) status.textContent = phrase(text("commandCount"), { count: offered.all().length });
}

/** Asks for the hits of what is typed, one question at a time, and says when that takes long or fails. */
function searcher(bar: HTMLElement): { find(words: string, then: (found: HTMLElement) => void): void; stop(): void; say(what: string): void } {
  const note = bar.querySelector<HTMLElement>("[data-command-note]") ?? element("p", "");
  let asking: AbortController | null = null;
  const say = (what: string): void => {
    note.textContent = what;
    note.hidden = what === "";
  };
  const stop = (): void => {
    asking?.abort();
    asking = null;
  };
  const find = (words: string, then: (found: HTMLElement) => void): void => {
    const mine = (asking = new AbortController());
    const { signal } = mine;
    const late = setTimeout(() => signal.aborted || say(text("searching")), slow);
    signal.addEventListener("abort", () => clearTimeout(late));
    setTimeout(async () => {
      if (signal.aborted) return;
      try {
        const found = await fetchHits(words, AbortSignal.any([signal, AbortSignal.timeout(patience)]));
        if (signal.aborted) return;
        say(found.dataset.note ?? "");
        then(found);
      } catch {
        if (!signal.aborted) say(text("searchAway"));
      } finally {
        clearTimeout(late);
      }
    }, pause);
  };
  return { find, stop, say };
}

async function fetchHits(words: string, signal: AbortSignal): Promise<HTMLElement> {
  const answer = await fetch("/console/search/hits?" + new URLSearchParams({ q: words }).toString(), { signal });
  const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector<HTMLElement>("[data-bar-hits]");
  if (!answer.ok || !found) throw new Error(`hits: ${answer.status}`); // an error, or the page to sign in
  return found;
}
