import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROOF_SEED } from '../../test/builders/proof-size.ts';
import { EventBlock } from '../core/domain/event-block.ts';
import { createInstrument } from '../core/domain/instrument.ts';
import { type Lots, type Rate, markPrice, ticks } from '../core/domain/units.ts';
import { EventDecoder, EventLineError } from './event-decoder.ts';
import { EventEncoder } from './event-encoder.ts';
import { SAMPLE_START, blockContent, sampleEvent } from '../../test/builders/sample-session.ts';

const START_MS = 1_732_290_000_000;
const CAPACITY = 512;

function startedBlock(firstSequence = 1): EventBlock {
  const block = new EventBlock(CAPACITY);
  block.reset(firstSequence);
  block.appendSessionStarted(START_MS, SAMPLE_START);
  return block;
}

function linesOf(block: EventBlock): string[] {
  return new EventEncoder().encode(block).trimEnd().split('\n');
}

function decode(lines: readonly string[]): EventBlock {
  const decoder = new EventDecoder();
  const block = new EventBlock(CAPACITY);
  for (const [index, line] of lines.entries()) {
    const event = decoder.parse(line);
    if (index === 0) block.reset(event.sequence);
    expect(event.sequence).toBe(block.firstSequence + index);
    expect(block.hasRoom(event.rows)).toBe(true);
    decoder.append(event, block);
  }
  return block;
}

describe('event lines', () => {
  test('give every column of every kind of event back exactly', () => {
    fc.assert(
      fc.property(
        fc.array(sampleEvent, { maxLength: 30 }),
        fc.nat({ max: 1e12 }),
        (events, firstSequence) => {
          const block = startedBlock(firstSequence);
          for (const [index, append] of events.entries()) append(block, START_MS + index);
          expect(blockContent(decode(linesOf(block)))).toEqual(blockContent(block));
        },
      ),
      { seed: PROOF_SEED },
    );
  });

  test('are plain JSON in decimal text under the names of the format', () => {
    const block = startedBlock();
    block.appendTrade(0, START_MS + 5, START_MS, 'buy', ticks(685_901), 123 as Lots);
    block.appendMark(1, START_MS + 6, -1, {
      mark: markPrice(12_345_678),
      index: null,
      settledRate: -100_000_000 as Rate,
      lastSettlementMs: null,
      nextSettlementMs: START_MS,
    });
    block.appendBook(3, 0, START_MS + 7, START_MS + 1, 3);
    block.appendLevel(0, START_MS + 7, START_MS + 1, true, ticks(685_900), 10_000 as Lots, false);
    block.appendLevel(0, START_MS + 7, START_MS + 1, true, ticks(685_890), 0 as Lots, false);
    block.appendLevel(0, START_MS + 7, START_MS + 1, false, ticks(685_910), 1 as Lots, true);

    const [start, ...others] = linesOf(block).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(start).toMatchObject({ seq: 1, kind: 'session_started', symbol: null, exchange_ms: null });
    expect(start?.['start']).toEqual(SAMPLE_START);
    expect(others).toEqual([
      {
        ...{ seq: 2, received_ms: START_MS + 5, exchange_ms: START_MS, kind: 'trade', symbol: 'BTCUSDT' },
        ...{ side: 'buy', price: '68590.1', quantity: '0.0123' },
      },
      {
        ...{ seq: 3, received_ms: START_MS + 6, exchange_ms: null, kind: 'mark', symbol: 'DOGEUSDT' },
        ...{ mark: '0.12345678', index: null, settled_rate: '-0.0001' },
        ...{ last_settlement_ms: null, next_settlement_ms: START_MS },
      },
      {
        ...{
          seq: 4,
          received_ms: START_MS + 7,
          exchange_ms: START_MS + 1,
          kind: 'book_snapshot',
          symbol: 'BTCUSDT',
        },
        bids: [
          ['68590', '1'],
          ['68589', '0'],
        ],
        asks: [['68591', '0.0001']],
      },
    ]);
  });

  test('go on with the instruments of the log that they continue', () => {
    const instruments = SAMPLE_START.instruments.map((spec, index) => createInstrument(spec, index));
    const block = new EventBlock(4);
    block.reset(9);
    block.appendLastPrice(1, START_MS, -1, ticks(12));
    expect(new EventEncoder(instruments).encode(block)).toContain('"symbol":"DOGEUSDT","price":"0.00012"');
    expect(() => new EventEncoder().encode(block)).toThrow(/no session_started event announced/);
  });

  test.each([
    ['not JSON', '{"seq":2', /no JSON object/],
    ['a list', '[]', /must be an object/],
    [
      'an unknown kind',
      '{"seq":2,"received_ms":1,"exchange_ms":null,"kind":"tick","symbol":null}',
      /unknown event kind/,
    ],
    [
      'a number as price',
      '{"seq":2,"received_ms":1,"exchange_ms":null,"kind":"last_price","symbol":"BTCUSDT","price":5}',
      /price must be text/,
    ],
    [
      'a price off the grid',
      '{"seq":2,"received_ms":1,"exchange_ms":null,"kind":"last_price","symbol":"BTCUSDT","price":"5.01"}',
      /finer than 1 decimals/,
    ],
    [
      'a missing time',
      '{"seq":2,"exchange_ms":null,"kind":"time_advanced","symbol":null}',
      /received_ms must be an integer/,
    ],
    [
      'a missing exchange time',
      '{"seq":2,"received_ms":1,"kind":"time_advanced","symbol":null}',
      /exchange_ms must be an integer/,
    ],
    [
      'an unknown symbol',
      '{"seq":2,"received_ms":1,"exchange_ms":null,"kind":"last_price","symbol":"X","price":"5"}',
      /announced X/,
    ],
    [
      'half a level',
      '{"seq":2,"received_ms":1,"exchange_ms":null,"kind":"book_delta","symbol":"BTCUSDT","bids":[["5"]],"asks":[]}',
      /pair of decimals/,
    ],
    [
      'sides of other levels',
      '{"seq":2,"received_ms":1,"exchange_ms":null,"kind":"book_delta","symbol":"BTCUSDT","bids":[["5","1"]],"asks":[],"sides":"a"}',
      /name every level/,
    ],
  ])('refuse %s', (_, line, reason) => {
    const decoder = new EventDecoder();
    const block = startedBlock();
    decoder.append(decoder.parse(linesOf(block)[0] ?? ''), new EventBlock(4));
    const target = new EventBlock(16);
    target.reset(2);
    expect(() => {
      decoder.append(decoder.parse(line), target);
    }).toThrow(reason);
    expect(() => decoder.parse('null')).toThrow(EventLineError);
  });
});
