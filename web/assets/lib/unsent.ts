// Text that is not sent yet.
//
//   textarea[data-unsent="KEY"]   kept in the tab's storage under KEY (such as "ASK-7F3K-92QD:reply") until its form is sent;
//                                 leaving the page with it asks first. An empty KEY only asks.
const prefix = "askwell-unsent:";
let sending: HTMLFormElement | null = null;

export function unsent(): void {
  restoreAll();
  document.addEventListener("htmx:after:swap", restoreAll);
  document.addEventListener("input", (event) => {
    if (event.target instanceof HTMLTextAreaElement) save(event.target);
  });
  document.addEventListener("submit", (event) => {
    sending = event.target as HTMLFormElement;
    setTimeout(() => (sending = null), 5000);
    for (const area of areas(sending)) forget(area);
  });
  // Not sent after all: the text is still in the field, keep it again.
  for (const failed of ["htmx:error", "htmx:response:error"]) {
    document.addEventListener(failed, () => {
      sending = null;
      for (const area of areas(document)) save(area);
    });
  }
  addEventListener("beforeunload", (event) => {
    if (areas(document).some((area) => changed(area) && area.form !== sending)) event.preventDefault();
  });
}

function areas(within: ParentNode): HTMLTextAreaElement[] {
  return [...within.querySelectorAll<HTMLTextAreaElement>("textarea[data-unsent]")];
}

function changed(area: HTMLTextAreaElement): boolean {
  return area.value.trim() !== "" && area.value !== area.defaultValue;
}

function restoreAll(): void {
  for (const area of areas(document)) {
    if (area.value !== "" || !area.dataset.unsent) continue;
    try {
      area.value = sessionStorage.getItem(prefix + area.dataset.unsent) ?? "";
    } catch {
      return;
    }
  }
}

function save(area: HTMLTextAreaElement): void {
  if (!area.dataset.unsent) return;
  if (!changed(area)) return forget(area);
  try {
    sessionStorage.setItem(prefix + area.dataset.unsent, area.value);
  } catch {
    // storage is full or forbidden: beforeunload still asks
  }
}

function forget(area: HTMLTextAreaElement): void {
  try {
    sessionStorage.removeItem(prefix + (area.dataset.unsent ?? ""));
  } catch {
    // as above
  }
}
