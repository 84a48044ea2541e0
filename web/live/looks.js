/**
 * How the page looks and feels to this reader: theme, language, folded roster, what Enter does.
 *
 * The theme's key is also read by the inline script of templates/base.html, before the first paint.
 */

import { effect, signal } from "@preact/signals";

import { keep, kept } from "./keep.js";

/** @typedef {"system" | "light" | "dark"} Theme */

const THEME_KEY = "rollcall:theme";

export const theme = signal(storedTheme());
export const rosterShown = signal(kept("roster") !== "folded");
/** Otherwise Ctrl+Enter does, and Enter breaks the line. */
export const enterSends = signal(kept("enter") !== "breaks");

/** The looks are applied and kept from now on. */
export function begin() {
  effect(() => {
    const root = document.documentElement;
    if (theme.value === "system") delete root.dataset.theme;
    else root.dataset.theme = theme.value;
    keepTheme(theme.value);
  });
  effect(() => keep("roster", rosterShown.value ? "" : "folded"));
  effect(() => keep("enter", enterSends.value ? "" : "breaks"));
}

/**
 * The page comes again in that language; drafts and unsent messages are kept.
 *
 * @param {string} locale
 */
export function speak(locale) {
  document.cookie = `rollcall_language=${locale}; path=/; max-age=31536000; samesite=lax`;
  location.reload();
}

/** @returns {Theme} */
function storedTheme() {
  const theme = document.documentElement.dataset.theme;
  return theme === "light" || theme === "dark" ? theme : "system";
}

/** @param {Theme} chosen */
function keepTheme(chosen) {
  try {
    if (chosen === "system") localStorage.removeItem(THEME_KEY);
    else localStorage.setItem(THEME_KEY, chosen);
  } catch {
    // No storage: the choice lives as long as the page.
  }
}
