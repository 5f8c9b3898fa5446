/** The queue in front of the sessions: order, least busy, what is sent ahead, drops, release. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { WorkerTensor } from '../../../lib/runtime/onnxruntime-messages.js';
import { type PoolRun, SessionPool } from '../../../lib/runtime/onnxruntime-pool.js';
import type { SessionRun, WorkerSession } from '../../../lib/runtime/onnxruntime-session.js';

/** A session whose runs end when the test says so, after 10 ms where it does not say how long they took. */
class StubSession {
  end: Error | undefined;
  closed = 0;
  readonly started: string[] = [];
  #finish: (() => void)[] = [];

  async run({ fetches }: SessionRun): Promise<Map<string, WorkerTensor>> {
    this.started.push(fetches.join());
    await new Promise<void>((resolve) => {
      this.#finish.push(resolve);
    });
    if (this.end !== undefined) throw this.end;
    return new Map();
  }

  finish(milliseconds = 10): void {
    vi.advanceTimersByTime(milliseconds);
    this.#finish.shift()?.();
  }

  async close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }

  closeUnattended(): void {
    this.closed++;
  }
}

function poolOf(...stubs: StubSession[]): SessionPool {
  return limitedPool(10, ...stubs);
}

function limitedPool(queueLimit: number, ...stubs: StubSession[]): SessionPool {
  return new SessionPool(stubs as unknown as WorkerSession[], queueLimit);
}

function named(name: string, signal?: AbortSignal): PoolRun {
  return { feeds: new Map(), transfer: [], fetches: [name], signal };
}

const settled = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('SessionPool', () => {
  it('gives each session one run at a time, in order, to whichever is free', async () => {
    const [first, second] = [new StubSession(), new StubSession()];
    const pool = poolOf(first, second);
    const runs = ['a', 'b', 'c', 'd'].map(async (name) => pool.run(named(name)));
    expect([first.started, second.started]).toEqual([['a'], ['b']]);
    second.finish();
    await settled();
    expect([first.started, second.started]).toEqual([['a'], ['b', 'c']]);
    second.finish();
    await settled();
    first.finish();
    second.finish();
    await Promise.all(runs);
    expect(second.started).toEqual(['b', 'c', 'd']);
  });

  it('sends up to four short runs to a session at once, and goes back to one when a run is long', async () => {
    const session = new StubSession();
    const pool = poolOf(session);
    const runs = Array.from('abcdefgh', async (name) => pool.run(named(name)));
    expect(session.started.join('')).toBe('a');
    session.finish(1);
    await settled();
    expect(session.started.join('')).toBe('abcde');
    session.finish(1);
    await settled();
    expect(session.started.join('')).toBe('abcdef');
    for (let i = 0; i < 4; i++) {
      session.finish(10);
      await settled();
    }
    expect(session.started.join('')).toBe('abcdefg');
    session.finish(10);
    await settled();
    session.finish(10);
    await Promise.all(runs);
    expect(session.started.join('')).toBe('abcdefgh');
  });

  it('measures a run that was sent ahead from the answer before it', async () => {
    const session = new StubSession();
    const pool = poolOf(session);
    const runs = Array.from('abcdefghij', async (name) => pool.run(named(name)));
    for (let i = 0; i < 4; i++) {
      session.finish(4);
      await settled();
    }
    expect(session.started.join('')).toBe('abcdefgh');
    for (let i = 0; i < 6; i++) {
      session.finish(4);
      await settled();
    }
    await Promise.all(runs);
  });

  it('spreads short runs over its sessions', async () => {
    const [first, second] = [new StubSession(), new StubSession()];
    const pool = poolOf(first, second);
    const warm = ['a', 'b'].map(async (name) => pool.run(named(name)));
    first.finish(1);
    second.finish(1);
    await Promise.all(warm);
    const runs = Array.from('cdef', async (name) => pool.run(named(name)));
    expect([first.started.join(''), second.started.join('')]).toEqual(['ace', 'bdf']);
    for (const session of [first, second, first, second]) session.finish();
    await Promise.all(runs);
  });

  it('never starts a run that was dropped while it waited', async () => {
    const session = new StubSession();
    const pool = poolOf(session);
    const controller = new AbortController();
    const first = pool.run(named('first'));
    const dropped = pool.run(named('dropped', controller.signal));
    const last = pool.run(named('last'));
    controller.abort();
    await expect(dropped).rejects.toMatchObject({ name: 'AbortError' });
    session.finish();
    await settled();
    session.finish();
    await Promise.all([first, last]);
    expect(session.started).toEqual(['first', 'last']);
  });

  it('closes its sessions after the accepted runs, started and waiting', async () => {
    const session = new StubSession();
    const pool = poolOf(session);
    const runs = ['a', 'b'].map(async (name) => pool.run(named(name)));
    const released = pool.release();
    session.finish();
    await settled();
    expect(session.closed).toBe(0);
    session.finish();
    await Promise.all([...runs, released]);
    expect(session.closed).toBe(1);
  });

  it('closes them when the last accepted run is dropped, too', async () => {
    const session = new StubSession();
    const pool = poolOf(session);
    const controller = new AbortController();
    const started = pool.run(named('started'));
    const dropped = pool.run(named('dropped', controller.signal));
    const released = pool.release();
    session.finish();
    controller.abort();
    await expect(dropped).rejects.toMatchObject({ code: 'ERR_ENGINERY_CANCELLED' });
    await Promise.all([started, released]);
    expect(session.closed).toBe(1);
  });

  it.each([0, 2])('refuses a run when %i wait, until one of them has begun', async (limit) => {
    const session = new StubSession();
    const pool = limitedPool(limit, session);
    const runs = Array.from({ length: 1 + limit }, async () => pool.run(named('accepted')));
    const refused = { code: 'ERR_ENGINERY_OVERLOADED' };
    await expect(pool.run(named('refused'))).rejects.toMatchObject(refused);
    session.finish();
    await settled();
    runs.push(pool.run(named('accepted')));
    await expect(pool.run(named('refused'))).rejects.toMatchObject(refused);
    for (let i = 0; i < 1 + limit; i++) {
      session.finish();
      await settled();
    }
    await Promise.all(runs);
    expect(session.started).toEqual(Array(2 + limit).fill('accepted'));
  });

  it('rejects all runs with the reason when its last session is gone', async () => {
    const session = new StubSession();
    const pool = poolOf(session);
    const runs = ['a', 'b', 'c'].map(async (name) => pool.run(named(name)));
    session.end = new Error('gone');
    session.finish();
    for (const run of runs) await expect(run).rejects.toThrow('gone');
    await expect(pool.run(named('later'))).rejects.toThrow('gone');
    await pool.release();
    expect(session.closed).toBe(0);
  });
});
