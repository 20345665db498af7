/** The agents pipeline as two strategies: one for each setup. */

import { z } from 'zod';
import { type StrategyDefinition, defineStrategy } from '../strategy/strategy.ts';
import { INTAKE_HISTORY_BARS } from './market-intake.ts';
import type { SetupName } from './setup-signal.ts';
import { type PipelineMemory, Supervisor } from './supervisor.ts';

const params = z.strictObject({
  /** Share of equity lost when the stop is hit at its price. */
  risk_percent: z.number().positive().max(10).default(0.5),
  max_leverage: z.number().positive().max(20).default(2),
  /** Distance of a pullback's stop in average true ranges. */
  stop_atr: z.number().positive().max(20).default(1.5),
  /** Target in multiples of the stop's distance. */
  target_r: z.number().positive().max(50).default(2),
  /** Volume of a sweep's bar over the average of 20. */
  volume_factor: z.number().min(0).max(100).default(1.2),
  trend_filter: z.boolean().default(true),
  /** Funding rate per eight hours, as a fraction, from which a side counts as crowded. */
  crowded_rate: z.number().positive().max(0.1).default(0.0005),
  entry_bars: z.int().min(1).max(1_000).default(3),
  cooldown_bars: z.int().min(0).max(10_000).default(3),
  halve_after_losses: z.int().min(1).max(100).default(2),
});

export type PipelineConfig = z.output<typeof params>;

type Pipeline = StrategyDefinition<PipelineConfig, PipelineMemory>;

function pipeline(setup: SetupName): Pipeline {
  return defineStrategy({
    name: setup,
    params,
    historyBars: () => INTAKE_HISTORY_BARS,
    state: (): PipelineMemory => ({ entries: {}, diaries: {} }),
    create: (config, memory) => {
      const pipelineParams = {
        setup,
        stopAtr: config.stop_atr,
        targetR: config.target_r,
        volumeFactor: config.volume_factor,
        trendFilter: config.trend_filter,
        riskPercent: config.risk_percent,
        maxLeverage: config.max_leverage,
        cooldownBars: config.cooldown_bars,
        halveAfterLosses: config.halve_after_losses,
        crowdedRate: config.crowded_rate,
        entryBars: config.entry_bars,
      };
      return new Supervisor(pipelineParams, memory);
    },
  });
}

export const pullbackRibbon: Pipeline = pipeline('pullback_ribbon');
export const sweepInvalidation: Pipeline = pipeline('sweep_invalidation');
