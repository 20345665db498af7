/** What the agents learned: the coach's tags with their results, its sentences, and how often each agent said what. */

import { displayCount, displayNumber, displayTime } from '../display-text.ts';
import { type HtmlText, html } from '../html-text.ts';
import { omitted, section, table } from './figures.ts';
import type { LessonFacts, PageRows } from './page-facts.ts';

const LESSONS_SHOWN_MAX = 50;

/** Nothing where the strategy has no agents. */
export function lessonSection({ lessons, verdictCounts }: PageRows): HtmlText {
  if (lessons.length === 0 && verdictCounts.length === 0) return html``;
  return section('lessons', 'Lessons', [
    lessons.length === 0
      ? html`<p class="empty">No trade was closed that the coach could judge.</p>`
      : tagTable(lessons),
    lessonTable(lessons),
    agentTable(verdictCounts),
  ]);
}

function tagTable(lessons: readonly LessonFacts[]): HtmlText {
  const tags = new Map<string, number[]>();
  for (const lesson of lessons)
    for (const tag of tagsOf(lesson))
      tags.set(tag, [...(tags.get(tag) ?? []), Number(lesson.numbers['r_multiple'])]);
  const rows = [...tags]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([tag, results]) => [
      tag.replaceAll('_', ' '),
      displayCount(results.length),
      signed(results.reduce((sum, result) => sum + result, 0) / results.length),
      signed(results.reduce((sum, result) => sum + result, 0)),
    ]);
  const columns = [
    ...[{ head: 'Tag' }, { head: 'Trades', isNumber: true }, { head: 'Mean, R', isNumber: true }],
    { head: 'Sum, R', isNumber: true },
  ];
  return html`${table(columns, rows)}
    <p class="note">R = profit in units of what the entry risked. A trade has several tags.</p>`;
}

function tagsOf({ numbers, verdict }: LessonFacts): string[] {
  const { tags } = numbers;
  return typeof tags === 'string' ? tags.split(' ') : [verdict];
}

function lessonTable(lessons: readonly LessonFacts[]): HtmlText {
  if (lessons.length === 0) return html``;
  const rows = lessons
    .slice(-LESSONS_SHOWN_MAX)
    .map((lesson) => [
      displayTime(lesson.time_ms),
      lesson.symbol,
      signed(Number(lesson.numbers['r_multiple'])),
      tagsOf(lesson).join(', ').replaceAll('_', ' '),
      lesson.reason,
    ]);
  const columns = [
    ...[{ head: 'Closed, UTC' }, { head: 'Symbol' }, { head: 'R', isNumber: true }],
    ...[{ head: 'Tags' }, { head: 'Lesson' }],
  ];
  return html`${omitted(lessons.length, LESSONS_SHOWN_MAX, 'lessons; all are in journal.db')}${table(columns, rows)}`;
}

function agentTable(counts: PageRows['verdictCounts']): HtmlText {
  if (counts.length === 0) return html``;
  const agents = Map.groupBy(counts, ({ agent }) => agent);
  const rows = [...agents].map(([agent, said]) => [
    agent.replaceAll('_', ' '),
    said
      .toSorted((a, b) => b.times - a.times)
      .map(({ verdict, times }) => `${verdict.replaceAll('_', ' ')} ${displayCount(times)}`)
      .join(', '),
  ]);
  return table([{ head: 'Agent' }, { head: 'What it said, and how often' }], rows);
}

function signed(value: number): string {
  const text = displayNumber(Number.isFinite(value) ? value : null);
  return value > 0 ? `+${text}` : text;
}
