// Text that is not sent yet.
//
//   textarea[data-unsent="KEY"]   kept in the tab's storage under KEY (such as "ASK-7F3K-92QD:reply") until its form is sent;
//                                 leaving the page with it asks first. An empty KEY only asks.
const prefix = "askwell-unsent:";
let sending: HTMLFormElement | null = null;

export function unsent(): void {
  keepAll();
  document.addEventListener("htmx:after:swap", keepAll);
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
    if (areas(document).some((area) => written(area) && area.form !== sending)) event.preventDefault();
  });
}

function areas(within: ParentNode): HTMLTextAreaElement[] {
  return [...within.querySelectorAll<HTMLTextAreaElement>("textarea[data-unsent]")];
}

// What the server put into a field, a reply that it stopped or one taken back, is not sent either.
function written(area: HTMLTextAreaElement): boolean {
  return area.value.trim() !== "";
}

function keepAll(): void {
  for (const area of areas(document)) {
    if (!area.dataset.unsent) continue;
    if (area.value !== "") {
      save(area);
      continue;
    }
    try {
      area.value = sessionStorage.getItem(prefix + area.dataset.unsent) ?? "";
    } catch {
      return;
    }
  }
}

function save(area: HTMLTextAreaElement): void {
  if (!area.dataset.unsent) return;
  if (!written(area)) return forget(area);
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
