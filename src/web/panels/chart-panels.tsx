/** The two charts in their panels: they live outside React and are told of changes by the store. */

import { type ReactElement, type RefObject, useEffect, useRef } from 'react';
import { onThemeChange, readChartTheme } from '../charts/chart-theme.ts';
import { EquityChart } from '../charts/equity-chart.ts';
import { PriceChart } from '../charts/price-chart.ts';
import { amountText, moneyText } from '../display/amount-text.ts';
import type { Slice } from '../replica/replica.ts';
import { useReplica, useStore } from '../replica/use-replica.ts';
import { Panel } from './panel.tsx';
import { useScreen } from './screen-context.ts';

const PRICE_SLICES: readonly Slice[] = ['session', 'candles', 'fills', 'orders', 'positions', 'quality'];
const EQUITY_SLICES: readonly Slice[] = ['session', 'equity'];
/** Redrawing a whole canvas costs more than a table: charts follow at this pace. */
const CHART_INTERVAL_MS = 400;

interface Chart {
  destroy(): void;
  applyTheme(theme: ReturnType<typeof readChartTheme>): void;
}

/** Keeps a chart in an element: made once, drawn after changes of the slices, recoloured with the page. */
function useChart<Made extends Chart>(
  slices: readonly Slice[],
  make: (element: HTMLElement) => Made,
  draw: (chart: Made) => void,
): RefObject<HTMLDivElement | null> {
  const store = useStore();
  const element = useRef<HTMLDivElement>(null);
  const parts = useRef({ make, draw });
  useEffect(() => {
    parts.current = { make, draw };
  });
  useEffect(() => {
    if (element.current === null) return;
    const chart = parts.current.make(element.current);
    let timer: ReturnType<typeof setTimeout> | null = null;
    const redraw = (): void => {
      timer = null;
      parts.current.draw(chart);
    };
    const later = (): void => {
      timer ??= setTimeout(redraw, CHART_INTERVAL_MS);
    };
    redraw();
    const unsubscribe = store.subscribe(slices, later);
    const unobserve = onThemeChange(() => {
      chart.applyTheme(readChartTheme());
      later();
    });
    return () => {
      unsubscribe();
      unobserve();
      if (timer !== null) clearTimeout(timer);
      chart.destroy();
    };
  }, [store, slices]);
  return element;
}

export function PricePanel({ symbol }: { readonly symbol: string }): ReactElement {
  const store = useStore();
  const { openReceipt } = useScreen();
  const element = useChart(
    PRICE_SLICES,
    (box) => new PriceChart(box, readChartTheme(), openReceipt),
    (chart) => chart.draw(store.replica, symbol),
  );
  return (
    <Panel title={symbol} className="price-panel" aside={<PriceSummary symbol={symbol} />}>
      <div
        ref={element}
        className="price-chart"
        role="img"
        aria-label={`Candles of ${symbol}; the tables hold the same facts as text`}
      />
    </Panel>
  );
}

const SUMMARY_SLICES = ['candles', 'markets'] as const;

function PriceSummary({ symbol }: { readonly symbol: string }): ReactElement {
  const { candles } = useReplica(SUMMARY_SLICES);
  const bar = candles.get(symbol)?.at(-1);
  if (bar === undefined) return <span className="soft">no bars yet</span>;
  return (
    <span className="soft ohlc">
      O {amountText(bar.open)} H {amountText(bar.high)} L {amountText(bar.low)} C {amountText(bar.close)} V{' '}
      {amountText(bar.volume)}
    </span>
  );
}

export function EquityPanel(): ReactElement {
  const store = useStore();
  const element = useChart(
    EQUITY_SLICES,
    (box) => new EquityChart(box, readChartTheme()),
    (chart) => chart.draw(store.replica.equity),
  );
  return (
    <Panel title="Equity" className="equity-panel" aside={<BandSummary />}>
      <div ref={element} className="equity-chart" role="img" aria-label="Equity over time" />
    </Panel>
  );
}

const BAND_SLICES = ['equity'] as const;

/** The three models in words; one line where only the realistic one ran. */
function BandSummary(): ReactElement | null {
  const { equity } = useReplica(BAND_SLICES);
  const last = equity.at(-1);
  if (last === undefined || last.optimistic === null || last.pessimistic === null) return null;
  return (
    <span className="soft">
      pessimistic {moneyText(last.pessimistic)} · optimistic {moneyText(last.optimistic)}
    </span>
  );
}
