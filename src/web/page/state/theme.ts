import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const KEY = "realtimechat.theme";

/** The theme chosen in this browser; "system" follows the browser's own setting. */
export const theme = signal<Theme>(storedTheme());

/** Colors are `light-dark()` pairs, so the color scheme of the document decides all of them. */
effect(() => {
  const chosen = theme.value;
  document.documentElement.style.colorScheme = chosen === "system" ? "" : chosen;
});

// Chosen in another tab.
addEventListener("storage", () => theme.value = storedTheme());

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  try {
    if (chosen === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, chosen);
  } catch {
    // It is chosen for this visit only.
  }
}

function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system";
  }
}
