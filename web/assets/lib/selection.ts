// Rows chosen for a bulk action.
//
//   [data-selection]                     a list with its bulk bar
//     input[type=checkbox][data-select]  one per row
//     input[data-select-all]             all rows of the page
//     [data-bulk-bar] (hidden)           shown while something is chosen; [data-bulk-count] inside holds how many
export function selection(): void {
  document.addEventListener("change", (event) => {
    const box = event.target instanceof HTMLInputElement ? event.target : null;
    const list = box?.closest<HTMLElement>("[data-selection]");
    if (!box || !list) return;
    if ("selectAll" in box.dataset) for (const each of boxes(list)) each.checked = box.checked;
    update(list);
  });
  const all = (): void => document.querySelectorAll<HTMLElement>("[data-selection]").forEach(update);
  document.addEventListener("htmx:after:swap", all);
  addEventListener("pageshow", all);
}

function boxes(list: HTMLElement): HTMLInputElement[] {
  return [...list.querySelectorAll<HTMLInputElement>("input[data-select]")];
}

function update(list: HTMLElement): void {
  const every = boxes(list);
  const chosen = every.filter((box) => box.checked).length;
  for (const box of every) box.closest("[data-row]")?.toggleAttribute("data-selected", box.checked);
  const all = list.querySelector<HTMLInputElement>("input[data-select-all]");
  if (all) {
    all.checked = chosen > 0 && chosen === every.length;
    all.indeterminate = chosen > 0 && chosen < every.length;
  }
  const bar = list.querySelector<HTMLElement>("[data-bulk-bar]");
  if (!bar) return;
  bar.hidden = chosen === 0;
  const count = bar.querySelector("[data-bulk-count]");
  if (count) count.textContent = String(chosen);
}
