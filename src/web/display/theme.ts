/** Light or dark: as the system says, unless the reader chose otherwise on this page. */

const KEY = 'laptop-agents.theme';

export type Theme = 'system' | 'light' | 'dark';

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };

export function keptTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'system';
  } catch {
    return 'system';
  }
}

export function applyKeptTheme(): void {
  document.documentElement.dataset['theme'] = keptTheme();
}

/** Goes on to the next of system, light and dark; returns it. */
export function switchTheme(): Theme {
  const theme = NEXT[keptTheme()];
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // The choice then lasts as long as the page.
  }
  document.documentElement.dataset['theme'] = theme;
  return theme;
}
