// Seconds that are left.
//
//   [data-countdown="8"]   counts the number in its text down from there; at 0 it hides the button of its message
const begun = new WeakMap<HTMLElement, number>();

export function countdowns(): void {
  setInterval(tick, 500);
  tick();
}

function tick(): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-countdown]")) {
    const start = begun.get(element) ?? performance.now();
    begun.set(element, start);
    const left = Math.max(0, Math.ceil(Number(element.dataset.countdown) - (performance.now() - start) / 1000));
    const text = (element.textContent ?? "").replace(/\d+/, String(left));
    if (element.textContent !== text) element.textContent = text;
    if (left === 0) element.closest(".message__foot")?.querySelector<HTMLElement>("form")?.setAttribute("hidden", "");
  }
}
