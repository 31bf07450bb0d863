/**
 * JSON as XGBoost writes it: with the bare words NaN and Infinity, which the standard has not. NaN becomes null, the
 * infinities stay what they are.
 */
import { modelFileFault } from './model-file-fault.js';

const TEXT_OR_WORD = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b/g;
/** What JSON.parse reads as these numbers. */
const STANDARD = new Map([
  ['NaN', 'null'],
  ['-NaN', 'null'],
  ['Infinity', '1e999'],
  ['-Infinity', '-1e999'],
]);

/** Throws `bad-model-file` for text that is no JSON, or not all of it. */
export function parseNumberJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Most models hold neither word; only the others pay for a second pass.
  }
  try {
    return JSON.parse(text.replace(TEXT_OR_WORD, (found) => STANDARD.get(found) ?? found));
  } catch (error) {
    throw modelFileFault('the JSON file', `is damaged or not all there (${String(error)}); copy it again`);
  }
}
