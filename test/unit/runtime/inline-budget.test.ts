/** Which runs are short, and how many of them go inline in one turn of the event loop. */

import { setImmediate as turn } from 'node:timers/promises';

import { beforeEach, describe, expect, it, vi } from 'vitest';

import type * as InlineBudget from '../../../lib/runtime/inline-budget.js';

let budget: typeof InlineBudget;

beforeEach(async () => {
  // The budget is one for the whole process: every test begins with a full one.
  vi.resetModules();
  budget = await import('../../../lib/runtime/inline-budget.js');
});

/** Run times after runs of these microseconds, against a threshold of 100. */
function timesOf(...runsUs: readonly number[]): InlineBudget.RunTimes {
  const times = new budget.RunTimes();
  for (const timeUs of runsUs) times.add(timeUs, 100);
  return times;
}

const repeated = (count: number, timeUs: number): number[] =>
  Array.from({ length: count }, () => timeUs);

describe('RunTimes', () => {
  it('believes nothing before eight runs', () => {
    expect(timesOf().isShort).toBe(false);
    expect(timesOf(...repeated(7, 1)).isShort).toBe(false);
    expect(timesOf(...repeated(8, 1)).isShort).toBe(true);
  });

  it('takes runs at the threshold for long ones', () => {
    expect(timesOf(...repeated(8, 100)).isShort).toBe(false);
    expect(timesOf(...repeated(8, 99.9)).isShort).toBe(true);
  });

  it('goes by the median, so that a few outliers change nothing', () => {
    expect(timesOf(...repeated(3, 50_000), ...repeated(5, 10)).isShort).toBe(true);
    expect(timesOf(...repeated(5, 50_000), ...repeated(3, 10)).isShort).toBe(false);
  });

  it('forgets runs that are older than the last 32', () => {
    const times = timesOf(...repeated(64, 10));
    expect(times.isShort).toBe(true);
    for (const timeUs of repeated(16, 500)) times.add(timeUs, 100);
    expect(times.isShort).toBe(false);
    for (const timeUs of repeated(24, 10)) times.add(timeUs, 100);
    expect(times.isShort).toBe(true);
  });

  it('makes nothing short for a threshold of 0', () => {
    const times = new budget.RunTimes();
    for (const timeUs of repeated(32, 0)) times.add(timeUs, 0);
    expect(times.isShort).toBe(false);
  });
});

describe('planInline', () => {
  it('lets runs go inline while the turn has budget', () => {
    expect(budget.planInline()).toBe('inline');
    budget.spendInline(999);
    expect(budget.planInline()).toBe('inline');
  });

  it('lets one more go inline and yield when the budget is spent, and no further one', () => {
    budget.spendInline(1000);
    expect(budget.planInline()).toBe('inline-then-yield');
    expect(budget.planInline()).toBe('asynchronous');
    expect(budget.planInline()).toBe('asynchronous');
  });

  it('has a full budget again after a turn of the event loop', async () => {
    budget.spendInline(600);
    budget.spendInline(600);
    budget.planInline();
    await turn();
    await turn();
    expect(budget.planInline()).toBe('inline');
    budget.spendInline(1000);
    expect(budget.planInline()).toBe('inline-then-yield');
  });
});
