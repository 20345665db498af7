/** Switches between the system's colours, light and dark. */

import { type ReactElement, useState } from 'react';
import { type Theme, keptTheme, switchTheme } from '../display/theme.ts';

const MARKS: Readonly<Record<Theme, string>> = { system: '◐', light: '☼', dark: '☾' };

export function ThemeButton(): ReactElement {
  const [theme, setTheme] = useState(keptTheme);
  return (
    <button
      type="button"
      className="quiet"
      data-action="theme"
      aria-label={`Colours: ${theme}`}
      title={`Colours: ${theme} (t)`}
      onClick={() => setTheme(switchTheme())}
    >
      {MARKS[theme]}
    </button>
  );
}
