// A button that shows what was typed into a password field, for whoever types on a phone.
//
//   button[data-show-password="ID"]   with data-show and data-hide, its two texts
export function passwords(): void {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLButtonElement>("[data-show-password]") : null;
    const field = button ? document.getElementById(button.dataset.showPassword ?? "") : null;
    if (!button || !(field instanceof HTMLInputElement)) return;
    const show = field.type === "password";
    field.type = show ? "text" : "password";
    button.setAttribute("aria-pressed", String(show));
    button.textContent = (show ? button.dataset.hide : button.dataset.show) ?? "";
  });
  // A shown password is not kept by the browser as one.
  document.addEventListener("submit", () => {
    for (const button of document.querySelectorAll<HTMLButtonElement>("[data-show-password]")) {
      const field = document.getElementById(button.dataset.showPassword ?? "");
      if (field instanceof HTMLInputElement) field.type = "password";
    }
  });
}
