/** Colours for canvases, which know no style sheets: read from the page's custom properties, so that there is one palette. */

export interface ChartTheme {
  readonly text: string;
  readonly grid: string;
  readonly surface: string;
  readonly up: string;
  readonly down: string;
  readonly accent: string;
  readonly warn: string;
  readonly danger: string;
  readonly muted: string;
  readonly shade: string;
  readonly band: string;
}

/** Reads the colours in force now. `light-dark()` is resolved by asking for the computed colour of a probe. */
export function readChartTheme(): ChartTheme {
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  const read = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const theme: ChartTheme = {
    text: read('text-soft'),
    grid: read('line-soft'),
    surface: read('surface'),
    up: read('up'),
    down: read('down'),
    accent: read('accent'),
    warn: read('warn'),
    danger: read('danger'),
    muted: read('text-soft'),
    shade: read('shade'),
    band: read('band'),
  };
  probe.remove();
  return theme;
}

/** Calls back when the colours change: by the system, or by the page's own switch. Returns how to end that. */
export function onThemeChange(listener: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const observer = new MutationObserver(listener);
  system.addEventListener('change', listener);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  return () => {
    system.removeEventListener('change', listener);
    observer.disconnect();
  };
}
