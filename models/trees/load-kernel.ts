/**
 * The WebAssembly programs of `kernels/`, which `npm run build` compiles from AssemblyScript. A module is compiled once and
 * instantiated by whoever brings its memory. V8 compiles it with its optimising compiler alone, which takes 10 ms: the
 * baseline compiler of V8 11.3 (Node 20) gave wrong results where threads share the memory.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import v8 from 'node:v8';
import { AppError } from '../../core/errors.js';
import { packageRoot } from '../../core/package-root.js';

const modules = new Map<string, WebAssembly.Module>();

/** @throws AppError `not-built` before the first `npm run build`. */
export function loadKernel(name: 'grow' | 'predict'): WebAssembly.Module {
  const known = modules.get(name);
  if (known !== undefined) return known;
  const file = path.join(packageRoot(), 'dist', 'kernels', `${name}.wasm`);
  if (!existsSync(file))
    throw new AppError('unavailable', 'not-built', `${file} is missing; run npm run build`);
  const module = compileAtOnce(readFileSync(file));
  modules.set(name, module);
  return module;
}

function compileAtOnce(bytes: Uint8Array): WebAssembly.Module {
  v8.setFlagsFromString('--no-liftoff');
  v8.setFlagsFromString('--no-wasm-lazy-compilation');
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    v8.setFlagsFromString('--liftoff');
    v8.setFlagsFromString('--wasm-lazy-compilation');
  }
}
