// What the search box offers while somebody types in it, and its help card.
//
//   input[data-complete]       operators and their values, and the latest searches while it is empty; in a page that shows these
//                              itself (#recent-searches) not there
//   a[data-example="TEXT"]     puts TEXT into the search box, input[data-search-box]
import { element, option, options, type Options } from "./options";
import { operatorOf, operatorsAt, placeAt, valuesAt, type Operator, type Place } from "./operators";
import { phrase } from "./phrases";
import { forget, forgetAll, recentSearches } from "./recent";
import { text } from "./toasts";

export function completion(): void {
  for (const field of document.querySelectorAll<HTMLInputElement>("input[data-complete]")) complete(field);
  document.addEventListener("click", (event) => {
    const example = event.target instanceof Element ? event.target.closest<HTMLElement>("a[data-example]") : null;
    const field = document.querySelector<HTMLInputElement>("[data-search-box]");
    if (!example || !field || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    example.closest("details")?.removeAttribute("open");
    const before = field.value.trim();
    put(field, (before ? before + " " : "") + (example.dataset.example ?? ""));
    field.focus();
  });
}

let loading: Promise<Operator[]> | null = null;

function operators(): Promise<Operator[]> {
  loading ??= load().catch((error: unknown) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function load(): Promise<Operator[]> {
  const answer = await fetch("/console/search/operators.json", { signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(`operators: ${answer.status}`);
  return (await answer.json()) as Operator[];
}

/** Types for the reader: whoever listens to the field hears of it. */
function put(field: HTMLInputElement, value: string, caret = value.length): void {
  field.value = value;
  field.setSelectionRange(caret, caret);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

type Kind = "operator" | "value" | "recent" | "clear";

function complete(field: HTMLInputElement): void {
  const popup = element("div", "suggest");
  const list = element("div", "options");
  const note = element("p", "suggest__note");
  const status = element("span", "sr-only");
  list.id = field.id + "-options";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", text("suggestions"));
  status.setAttribute("role", "status");
  popup.hidden = true;
  popup.append(list, note);
  field.after(popup, status);

  let place: Place | null = null;
  let turn = 0;
  const offered: Options = options(field, list, {
    take(taken, by) {
      const value = taken.dataset.value ?? "";
      const kind = taken.dataset.kind as Kind;
      settle();
      if (kind === "clear") return void forgetAll().then(() => (status.textContent = text("recentCleared")));
      if (kind === "recent") {
        put(field, value);
        settle();
        return by === "Tab" ? undefined : field.form?.requestSubmit();
      }
      if (!place) return;
      put(field, field.value.slice(0, place.from) + value + field.value.slice(place.to), place.from + value.length);
      if (kind === "value") settle();
    },
    remove(removed) {
      void forget(removed.dataset.value ?? "").then(offer);
    },
    ask() {
      if (document.querySelector("[data-found]")) return false; // it leads to what was found
      void offer();
      return true;
    },
    popup: {
      opened: () => (popup.hidden = false),
      closed() {
        popup.hidden = true;
        status.textContent = "";
      },
    },
  });
  // Closes the list, and what is on its way comes too late.
  const settle = (): void => {
    turn++;
    offered.close();
  };

  const show = (found: HTMLElement[], hint: string): void => {
    if (found.length === 0 && !hint) return offered.close();
    list.hidden = found.length === 0;
    note.hidden = !hint;
    note.textContent = hint;
    offered.show(...found);
    status.textContent = found.length > 0 ? phrase(text("suggestionsCount"), { count: found.length }) : hint;
  };
  const offer = async (): Promise<void> => {
    const asked = ++turn;
    const stale = (): boolean => asked !== turn || document.activeElement !== field;
    try {
      const empty = field.value.trim() === "";
      place = placeAt(field.value, field.selectionStart ?? field.value.length);
      if (!empty && !place) return settle();
      if (empty && document.getElementById("recent-searches")) return settle();
      const [found, hint] = empty ? recent(await recentSearches()) : suggest(place as Place, await operators());
      if (!stale()) show(found, hint);
    } catch {
      if (!stale()) show([], text("suggestionsAway"));
    }
  };

  field.addEventListener("input", () => void offer());
  for (const wakes of ["focus", "click"]) {
    field.addEventListener(wakes, () => {
      if (field.value === "") void offer();
    });
  }
  field.addEventListener("blur", settle);
  field.form?.addEventListener("submit", settle);
}

function suggest(place: Place, all: Operator[]): [HTMLElement[], string] {
  if (place.operator === "") return [operatorsAt(place, all).map((o) => offer(o.name + ":", o.text, "operator")), ""];
  const of = operatorOf(place, all);
  if (!of) return [[], ""];
  return [valuesAt(place, of).map((v) => offer(v.value, v.label, "value")), of.values.length === 0 && place.part === "" ? of.text : ""];
}

function recent(texts: string[]): [HTMLElement[], string] {
  if (texts.length === 0) return [[], ""];
  const clear = named(option(text("recentClear")), "", "clear");
  return [[...texts.map((t) => named(option(t, { icon: "history", removable: true }), t, "recent")), clear], text("recentKey")];
}

const offer = (value: string, note: string, kind: Kind): HTMLElement => named(option(value, { note }), value, kind);

function named(made: HTMLElement, value: string, kind: Kind): HTMLElement {
  made.dataset.value = value;
  made.dataset.kind = kind;
  return made;
}
