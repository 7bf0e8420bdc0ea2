// Keeps what was typed in a form while the browser's tab lives, reloads and crashes included. sessionStorage and not
// localStorage: many applicants sit at a library's or a lawyer's computer, and the next reader must find nothing there.
//
//   form[data-draft="inquiry"]      keep this form under that name
//   [data-no-draft]                 not this field; passwords, files and hidden fields are never kept
//   [data-draft-clear="inquiry"]    anywhere on a page: forget that draft (the confirmation)
//   [data-draft-notice] (hidden)    shown when a draft came back; a [data-draft-discard] button inside forgets it
import { withoutSecrets } from "./shape";

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

const prefix = "askwell-draft:";

export function drafts(): void {
  for (const mark of document.querySelectorAll<HTMLElement>("[data-draft-clear]")) forget(mark.dataset.draftClear ?? "");
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-draft]")) keep(form, form.dataset.draft ?? "");
}

function keep(form: HTMLFormElement, name: string): void {
  restore(form, name);
  let timer = 0;
  const save = (): void => {
    clearTimeout(timer);
    timer = 0;
    const values: Record<string, string> = {};
    for (const field of fields(form)) if (field.value.trim() !== "") values[field.name] = withoutSecrets(field.value);
    store(name, values);
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, 400);
  });
  addEventListener("pagehide", () => {
    if (timer !== 0) save();
  });
}

function restore(form: HTMLFormElement, name: string): void {
  const values = load(name);
  let restored = false;
  for (const field of fields(form)) {
    const value = values[field.name];
    // What the server sent back is newer than any draft.
    if (value === undefined || field.value !== "") continue;
    field.value = value;
    if (field.value === "") continue;
    restored = true;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const notice = document.querySelector<HTMLElement>("[data-draft-notice]");
  if (!restored || !notice) return;
  notice.hidden = false;
  notice.querySelector("[data-draft-discard]")?.addEventListener("click", () => {
    for (const field of fields(form)) field.value = "";
    form.dispatchEvent(new Event("input"));
    forget(name);
    notice.hidden = true;
    fields(form)[0]?.focus();
  });
}

function fields(form: HTMLFormElement): Field[] {
  return [...form.elements].filter((e): e is Field => {
    if (e instanceof HTMLInputElement) {
      if (!["text", "email", "tel", "search"].includes(e.type)) return false;
    } else if (!(e instanceof HTMLTextAreaElement || e instanceof HTMLSelectElement)) return false;
    return e.name !== "" && !("noDraft" in e.dataset) && e.closest("[data-no-draft]") === null;
  });
}

function load(name: string): Record<string, string> {
  try {
    const values: unknown = JSON.parse(sessionStorage.getItem(prefix + name) ?? "{}");
    return values !== null && typeof values === "object" ? (values as Record<string, string>) : {};
  } catch {
    return {};
  }
}

function store(name: string, values: Record<string, string>): void {
  try {
    if (Object.keys(values).length === 0) forget(name);
    else sessionStorage.setItem(prefix + name, JSON.stringify(values));
  } catch {
    // storage is full or forbidden: the form works without
  }
}

function forget(name: string): void {
  try {
    sessionStorage.removeItem(prefix + name);
  } catch {
    // as above
  }
}
