/** The one error of a model file that cannot be read: it names the place in the file and what is wrong there. */
import { AppError } from '../../core/errors.js';

/** `place` as in "tree 3, node 7"; `reason` completes it, with a remedy where there is one. */
export function modelFileFault(place: string, reason: string): AppError {
  return new AppError('bad-input', 'bad-model-file', `${place}: ${reason}`);
}
