/** Light, dark, or as the system is. The attribute is set before the first paint by theme.js. */
export type Theme = "system" | "light" | "dark";

const system = matchMedia("(prefers-color-scheme: dark)");

export function chosenTheme(): Theme {
  try {
    const chosen = localStorage.getItem("theme");
    return chosen === "light" || chosen === "dark" ? chosen : "system";
  } catch {
    return "system";
  }
}

export function chooseTheme(theme: Theme): void {
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // Without storage the choice holds until the page is closed.
  }
  apply(theme);
}

/** Follow the system while nothing was chosen. */
export function followSystem(): void {
  system.addEventListener("change", () => apply(chosenTheme()));
}

function apply(theme: Theme): void {
  const dark = theme === "system" ? system.matches : theme === "dark";
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}
