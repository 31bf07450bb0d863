import { describe, expect, it } from '@jest/globals';
import { createAdmission } from '../../scoring/admission.js';

/** Work that ends when the test says so. */
function openEnded() {
  let finish: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (finish = resolve));
  return { work: () => done, finish };
}

describe('admission', () => {
  it('lets in up to its bound and refuses at once beyond it, without beginning the work', async () => {
    const admission = createAdmission(2);
    const slow = openEnded();
    const admitted = [admission.admit(slow.work), admission.admit(slow.work)];
    let begun = false;
    const refused = admission.admit(async () => (begun = true));
    await expect(refused).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'gate-overloaded',
      details: { retryAfterSeconds: 1 },
    });
    expect(begun).toBe(false);
    expect(admission.inFlight()).toBe(2);
    slow.finish();
    await Promise.all(admitted);
    expect(admission.inFlight()).toBe(0);
    expect(await admission.admit(async () => 'in')).toBe('in');
  });

  it('has room again after work that failed', async () => {
    const admission = createAdmission(1);
    for (let i = 0; i < 3; i++)
      await expect(admission.admit(() => Promise.reject(new Error('bad body')))).rejects.toThrow('bad body');
    expect(admission.inFlight()).toBe(0);
  });
});
