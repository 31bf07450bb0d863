/**
 * The WebAssembly programs of `kernels/`, which `npm run build` compiles from AssemblyScript. A module is compiled once and
 * instantiated by whoever brings its memory.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../core/errors.js';
import { packageRoot } from '../../core/package-root.js';

const modules = new Map<string, WebAssembly.Module>();

export function loadKernel(name: 'grow' | 'predict'): WebAssembly.Module {
  const known = modules.get(name);
  if (known !== undefined) return known;
  const file = path.join(packageRoot(), 'dist', 'kernels', `${name}.wasm`);
  if (!existsSync(file))
    throw new AppError('unavailable', 'not-built', `${file} is missing; run npm run build`);
  const module = new WebAssembly.Module(readFileSync(file));
  modules.set(name, module);
  return module;
}
