// Keeps <time data-relative="long|short"> right while a page stays open. The server wrote the first text.
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export function times(): void {
  setInterval(refresh, 30_000);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) refresh();
  });
}

function refresh(): void {
  const now = Date.now();
  for (const element of document.querySelectorAll<HTMLTimeElement>("time[data-relative]")) {
    const age = now - Date.parse(element.dateTime);
    if (Number.isNaN(age) || Math.abs(age) >= 30 * day || age < 0) continue;
    const text = element.dataset.relative === "short" ? short(age) : long(age);
    if (text !== "" && element.textContent !== text) element.textContent = text;
  }
}

function short(age: number): string {
  if (age >= day) return `${Math.floor(age / day)}d`;
  if (age >= hour) return `${Math.floor(age / hour)}h`;
  return `${Math.floor(age / minute)}m`;
}

function long(age: number): string {
  if (age < minute) return document.querySelector<HTMLElement>("[data-texts]")?.dataset.now ?? "";
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
  if (age >= day) return format.format(-Math.floor(age / day), "day");
  if (age >= hour) return format.format(-Math.floor(age / hour), "hour");
  return format.format(-Math.floor(age / minute), "minute");
}
