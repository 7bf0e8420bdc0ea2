// Text that is not sent yet.
//
//   textarea[data-unsent="KEY"]   kept in the tab's storage under KEY (such as "ASK-7F3K-92QD:4:reply": ticket, member, what) until
//                                 a page shows it as a message; leaving the page with it asks first. An empty KEY only asks.
//
// Sending is no proof of arrival: the session may have ended, or the server be gone. So the text stays, marked with the last message
// (input[name="seen"]) that the thread had then, and is dropped once a later message (li#mID) has the same words.
const prefix = "askwell-unsent:";
const sentSuffix = ":sent";
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
    for (const area of areas(sending)) markSent(area);
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
      const text = sessionStorage.getItem(prefix + area.dataset.unsent) ?? "";
      if (text !== "" && arrived(text, sessionStorage.getItem(prefix + area.dataset.unsent + sentSuffix))) forget(area);
      else area.value = text;
    } catch {
      return;
    }
  }
}

function words(text: string | null): string {
  return (text ?? "").replace(/\s+/g, " ").trim();
}

// arrived reports whether the thread has a message with this text that came after the one which was its last when the form was sent.
function arrived(text: string, last: string | null): boolean {
  if (last === null) return false;
  return [...document.querySelectorAll<HTMLElement>("#thread > li[id^=m]")].some(
    (item) => Number(item.id.slice(1)) > Number(last) && words(item.querySelector(".message__body")?.textContent ?? "") === words(text),
  );
}

function markSent(area: HTMLTextAreaElement): void {
  if (!area.dataset.unsent || !written(area)) return;
  save(area);
  try {
    const seen = area.form?.querySelector<HTMLInputElement>("input[name=seen]")?.value ?? "0";
    sessionStorage.setItem(prefix + area.dataset.unsent + sentSuffix, seen);
  } catch {
    // as in save
  }
}

function save(area: HTMLTextAreaElement): void {
  if (!area.dataset.unsent) return;
  if (!written(area)) return forget(area);
  try {
    sessionStorage.setItem(prefix + area.dataset.unsent, area.value);
    sessionStorage.removeItem(prefix + area.dataset.unsent + sentSuffix);
  } catch {
    // storage is full or forbidden: beforeunload still asks
  }
}

function forget(area: HTMLTextAreaElement): void {
  try {
    sessionStorage.removeItem(prefix + (area.dataset.unsent ?? ""));
    sessionStorage.removeItem(prefix + (area.dataset.unsent ?? "") + sentSuffix);
  } catch {
    // as above
  }
}
