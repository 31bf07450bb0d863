/**
 * Which TensorFlow.js computes: the native `@tensorflow/tfjs-node` where the user has installed it, otherwise WebAssembly,
 * which runs everywhere. One thread: sums are then taken in one order, and the same seed gives the same weights.
 */
import * as tf from '@tensorflow/tfjs-core';
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { AppError } from '../../core/errors.js';

/** Not a dependency of ours: an optional package that the user adds. */
const NATIVE = '@tensorflow/tfjs-node';

/** Makes TensorFlow.js ready; answers the backend's name, `tensorflow` or `wasm`. */
export async function openBackend(): Promise<string> {
  const name = (await isNativeInstalled()) ? 'tensorflow' : 'wasm';
  if (name === 'wasm') {
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    setThreadsCount(1);
  }
  if (!(await tf.setBackend(name))) {
    throw new AppError(
      'unavailable',
      'no-backend',
      `TensorFlow.js cannot start its backend ${name}; run npm ci`,
    );
  }
  await tf.ready();
  return name;
}

async function isNativeInstalled(): Promise<boolean> {
  try {
    await import(NATIVE);
    return true;
  } catch (cause) {
    const { code, message } = cause as { code?: string; message: string };
    const isAbsent = /MODULE_NOT_FOUND$/.test(code ?? '') && message.includes(NATIVE);
    if (isAbsent) return false;
    throw new AppError(
      'unavailable',
      'native-broken',
      `${NATIVE} is installed but does not load; reinstall or remove it`,
      {
        cause,
      },
    );
  }
}
